; %0 = placeholder  float32[3,2]
; %1 = placeholder  float32[2,10]
; %2 = matmul %0 %1  float32[3,10]

declare <8 x float> @llvm.fma.v8f32(<8 x float>, <8 x float>, <8 x float>)
define internal void @part0(ptr %arrays, ptr %workspace, ptr %fault, ptr %team) nounwind {
  %scratch = getelementptr i8, ptr %workspace, i64 0
  %output.0.row = getelementptr ptr, ptr %arrays, i64 2
  %output.0 = load ptr, ptr %output.0.row
  %input.0.row = getelementptr ptr, ptr %arrays, i64 0
  %input.0 = load ptr, ptr %input.0.row
  %input.1.row = getelementptr ptr, ptr %arrays, i64 1
  %input.1 = load ptr, ptr %input.1.row
  br label %k0.begin
k0.begin:
  br label %k0.loop1
k0.loop1:
  %k0.i3 = phi i64 [0, %k0.begin], [%k0.v33, %k0.loop1]
  %k0.c4 = phi <8 x float> [zeroinitializer, %k0.begin], [%k0.v19, %k0.loop1]
  %k0.c5 = phi <8 x float> [zeroinitializer, %k0.begin], [%k0.v20, %k0.loop1]
  %k0.c6 = phi <8 x float> [zeroinitializer, %k0.begin], [%k0.v25, %k0.loop1]
  %k0.c7 = phi <8 x float> [zeroinitializer, %k0.begin], [%k0.v26, %k0.loop1]
  %k0.c8 = phi <8 x float> [zeroinitializer, %k0.begin], [%k0.v31, %k0.loop1]
  %k0.c9 = phi <8 x float> [zeroinitializer, %k0.begin], [%k0.v32, %k0.loop1]
  %k0.v10 = mul nsw i64 %k0.i3, 10
  %k0.v11 = getelementptr inbounds float, ptr %input.1, i64 %k0.v10
  %k0.v12 = load <8 x float>, ptr %k0.v11, align 4
  %k0.v13 = getelementptr inbounds float, ptr %k0.v11, i64 2
  %k0.v14 = load <8 x float>, ptr %k0.v13, align 4
  %k0.v15 = getelementptr inbounds float, ptr %input.0, i64 %k0.i3
  %k0.v16 = load float, ptr %k0.v15, align 4
  %k0.v17 = insertelement <8 x float> poison, float %k0.v16, i64 0
  %k0.v18 = shufflevector <8 x float> %k0.v17, <8 x float> poison, <8 x i32> zeroinitializer
  %k0.v19 = call contract <8 x float> @llvm.fma.v8f32(<8 x float> %k0.v18, <8 x float> %k0.v12, <8 x float> %k0.c4)
  %k0.v20 = call contract <8 x float> @llvm.fma.v8f32(<8 x float> %k0.v18, <8 x float> %k0.v14, <8 x float> %k0.c5)
  %k0.v21 = getelementptr inbounds float, ptr %k0.v15, i64 2
  %k0.v22 = load float, ptr %k0.v21, align 4
  %k0.v23 = insertelement <8 x float> poison, float %k0.v22, i64 0
  %k0.v24 = shufflevector <8 x float> %k0.v23, <8 x float> poison, <8 x i32> zeroinitializer
  %k0.v25 = call contract <8 x float> @llvm.fma.v8f32(<8 x float> %k0.v24, <8 x float> %k0.v12, <8 x float> %k0.c6)
  %k0.v26 = call contract <8 x float> @llvm.fma.v8f32(<8 x float> %k0.v24, <8 x float> %k0.v14, <8 x float> %k0.c7)
  %k0.v27 = getelementptr inbounds float, ptr %k0.v15, i64 4
  %k0.v28 = load float, ptr %k0.v27, align 4
  %k0.v29 = insertelement <8 x float> poison, float %k0.v28, i64 0
  %k0.v30 = shufflevector <8 x float> %k0.v29, <8 x float> poison, <8 x i32> zeroinitializer
  %k0.v31 = call contract <8 x float> @llvm.fma.v8f32(<8 x float> %k0.v30, <8 x float> %k0.v12, <8 x float> %k0.c8)
  %k0.v32 = call contract <8 x float> @llvm.fma.v8f32(<8 x float> %k0.v30, <8 x float> %k0.v14, <8 x float> %k0.c9)
  %k0.v33 = add nuw nsw i64 %k0.i3, 1
  %k0.v34 = icmp ult i64 %k0.v33, 2
  br i1 %k0.v34, label %k0.loop1, label %k0.done2
k0.done2:
  store <8 x float> %k0.v19, ptr %output.0, align 4
  %k0.v35 = getelementptr inbounds float, ptr %output.0, i64 10
  store <8 x float> %k0.v25, ptr %k0.v35, align 4
  %k0.v36 = getelementptr inbounds float, ptr %output.0, i64 20
  store <8 x float> %k0.v31, ptr %k0.v36, align 4
  %k0.v37 = getelementptr inbounds float, ptr %output.0, i64 2
  store <8 x float> %k0.v20, ptr %k0.v37, align 4
  %k0.v38 = getelementptr inbounds float, ptr %k0.v37, i64 10
  store <8 x float> %k0.v26, ptr %k0.v38, align 4
  %k0.v39 = getelementptr inbounds float, ptr %k0.v37, i64 20
  store <8 x float> %k0.v32, ptr %k0.v39, align 4
  ret void
}
define void @step(ptr %arrays, ptr %workspace, ptr %fault, ptr %team) nounwind {
  %me.at = getelementptr i64, ptr %team, i64 1
  %me = load i64, ptr %me.at
  %threads.at = getelementptr i64, ptr %team, i64 2
  %threads = load i64, ptr %threads.at
  %is.first = icmp eq i64 %me, 0
  br i1 %is.first, label %mine, label %others
others:
  ret void
mine:
  %scratch = getelementptr i8, ptr %workspace, i64 0
  br label %begin
begin:
  call void @part0(ptr %arrays, ptr %workspace, ptr %fault, ptr %team)
  ret void
}
