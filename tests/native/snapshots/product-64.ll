; %0 = placeholder  float32[3,2]
; %1 = placeholder  float32[2,10]
; %2 = matmul %0 %1  float32[3,10]

declare <16 x float> @llvm.fma.v16f32(<16 x float>, <16 x float>, <16 x float>)
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
  %k0.i3 = phi i64 [0, %k0.begin], [%k0.v11, %k0.loop1]
  %k0.v4 = mul nsw i64 %k0.i3, 10
  %k0.v5 = getelementptr inbounds float, ptr %input.1, i64 %k0.v4
  %k0.v6 = load <10 x float>, ptr %k0.v5, align 4
  %k0.v7 = shufflevector <10 x float> %k0.v6, <10 x float> zeroinitializer, <16 x i32> <i32 0, i32 1, i32 2, i32 3, i32 4, i32 5, i32 6, i32 7, i32 8, i32 9, i32 10, i32 10, i32 10, i32 10, i32 10, i32 10>
  %k0.v8 = getelementptr i8, ptr %scratch, i64 0
  %k0.v9 = mul nsw i64 %k0.i3, 16
  %k0.v10 = getelementptr inbounds float, ptr %k0.v8, i64 %k0.v9
  store <16 x float> %k0.v7, ptr %k0.v10, align 4
  %k0.v11 = add nuw nsw i64 %k0.i3, 1
  %k0.v12 = icmp ult i64 %k0.v11, 2
  br i1 %k0.v12, label %k0.loop1, label %k0.done2
k0.done2:
  %k0.v13 = getelementptr i8, ptr %scratch, i64 0
  br label %k0.loop14
k0.loop14:
  %k0.i16 = phi i64 [0, %k0.done2], [%k0.v38, %k0.loop14]
  %k0.c17 = phi <16 x float> [zeroinitializer, %k0.done2], [%k0.v27, %k0.loop14]
  %k0.c18 = phi <16 x float> [zeroinitializer, %k0.done2], [%k0.v32, %k0.loop14]
  %k0.c19 = phi <16 x float> [zeroinitializer, %k0.done2], [%k0.v37, %k0.loop14]
  %k0.v20 = mul nsw i64 %k0.i16, 16
  %k0.v21 = getelementptr inbounds float, ptr %k0.v13, i64 %k0.v20
  %k0.v22 = load <16 x float>, ptr %k0.v21, align 4
  %k0.v23 = getelementptr inbounds float, ptr %input.0, i64 %k0.i16
  %k0.v24 = load float, ptr %k0.v23, align 4
  %k0.v25 = insertelement <16 x float> poison, float %k0.v24, i64 0
  %k0.v26 = shufflevector <16 x float> %k0.v25, <16 x float> poison, <16 x i32> zeroinitializer
  %k0.v27 = call contract <16 x float> @llvm.fma.v16f32(<16 x float> %k0.v26, <16 x float> %k0.v22, <16 x float> %k0.c17)
  %k0.v28 = getelementptr inbounds float, ptr %k0.v23, i64 2
  %k0.v29 = load float, ptr %k0.v28, align 4
  %k0.v30 = insertelement <16 x float> poison, float %k0.v29, i64 0
  %k0.v31 = shufflevector <16 x float> %k0.v30, <16 x float> poison, <16 x i32> zeroinitializer
  %k0.v32 = call contract <16 x float> @llvm.fma.v16f32(<16 x float> %k0.v31, <16 x float> %k0.v22, <16 x float> %k0.c18)
  %k0.v33 = getelementptr inbounds float, ptr %k0.v23, i64 4
  %k0.v34 = load float, ptr %k0.v33, align 4
  %k0.v35 = insertelement <16 x float> poison, float %k0.v34, i64 0
  %k0.v36 = shufflevector <16 x float> %k0.v35, <16 x float> poison, <16 x i32> zeroinitializer
  %k0.v37 = call contract <16 x float> @llvm.fma.v16f32(<16 x float> %k0.v36, <16 x float> %k0.v22, <16 x float> %k0.c19)
  %k0.v38 = add nuw nsw i64 %k0.i16, 1
  %k0.v39 = icmp ult i64 %k0.v38, 2
  br i1 %k0.v39, label %k0.loop14, label %k0.done15
k0.done15:
  %k0.v40 = shufflevector <16 x float> %k0.v27, <16 x float> %k0.v27, <10 x i32> <i32 0, i32 1, i32 2, i32 3, i32 4, i32 5, i32 6, i32 7, i32 8, i32 9>
  store <10 x float> %k0.v40, ptr %output.0, align 4
  %k0.v41 = shufflevector <16 x float> %k0.v32, <16 x float> %k0.v32, <10 x i32> <i32 0, i32 1, i32 2, i32 3, i32 4, i32 5, i32 6, i32 7, i32 8, i32 9>
  %k0.v42 = getelementptr inbounds float, ptr %output.0, i64 10
  store <10 x float> %k0.v41, ptr %k0.v42, align 4
  %k0.v43 = shufflevector <16 x float> %k0.v37, <16 x float> %k0.v37, <10 x i32> <i32 0, i32 1, i32 2, i32 3, i32 4, i32 5, i32 6, i32 7, i32 8, i32 9>
  %k0.v44 = getelementptr inbounds float, ptr %output.0, i64 20
  store <10 x float> %k0.v43, ptr %k0.v44, align 4
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
