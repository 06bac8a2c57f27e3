; %0 = placeholder  float32[3,37]
; %1 = multiply %0 %0  float32[3,37]
; %2 = sum %1 axes=(1,) keepdims=False  float32[3]

define internal void @part0(ptr %arrays, ptr %workspace, ptr %fault, ptr %team) nounwind {
  %scratch = getelementptr i8, ptr %workspace, i64 0
  %output.0.row = getelementptr ptr, ptr %arrays, i64 1
  %output.0 = load ptr, ptr %output.0.row
  %input.0.row = getelementptr ptr, ptr %arrays, i64 0
  %input.0 = load ptr, ptr %input.0.row
  br label %k0.begin
k0.begin:
  br label %k0.loop1
k0.loop1:
  %k0.i3 = phi i64 [0, %k0.begin], [%k0.v32, %k0.done5]
  br label %k0.loop4
k0.loop4:
  %k0.i6 = phi i64 [0, %k0.loop1], [%k0.v15, %k0.loop4]
  %k0.c7 = phi <4 x float> [zeroinitializer, %k0.loop1], [%k0.v14, %k0.loop4]
  %k0.v8 = mul nsw i64 %k0.i3, 37
  %k0.v9 = mul nsw i64 %k0.i6, 4
  %k0.v10 = add nsw i64 %k0.v8, %k0.v9
  %k0.v11 = getelementptr inbounds float, ptr %input.0, i64 %k0.v10
  %k0.v12 = load <4 x float>, ptr %k0.v11, align 4
  %k0.v13 = fmul contract <4 x float> %k0.v12, %k0.v12
  %k0.v14 = fadd contract <4 x float> %k0.c7, %k0.v13
  %k0.v15 = add nuw nsw i64 %k0.i6, 1
  %k0.v16 = icmp ult i64 %k0.v15, 9
  br i1 %k0.v16, label %k0.loop4, label %k0.done5
k0.done5:
  %k0.v17 = mul nsw i64 %k0.i3, 37
  %k0.v18 = getelementptr inbounds float, ptr %input.0, i64 %k0.v17
  %k0.v19 = getelementptr inbounds float, ptr %k0.v18, i64 36
  %k0.v20 = load float, ptr %k0.v19, align 4
  %k0.v21 = fmul contract float %k0.v20, %k0.v20
  %k0.v22 = fadd contract float 0.0, %k0.v21
  %k0.v23 = shufflevector <4 x float> %k0.v14, <4 x float> %k0.v14, <2 x i32> <i32 0, i32 1>
  %k0.v24 = shufflevector <4 x float> %k0.v14, <4 x float> %k0.v14, <2 x i32> <i32 2, i32 3>
  %k0.v25 = fadd contract <2 x float> %k0.v23, %k0.v24
  %k0.v26 = extractelement <2 x float> %k0.v25, i64 0
  %k0.v27 = extractelement <2 x float> %k0.v25, i64 1
  %k0.v28 = fadd contract float %k0.v26, %k0.v27
  %k0.v29 = fadd contract float %k0.v28, 0.0
  %k0.v30 = fadd contract float %k0.v22, %k0.v29
  %k0.v31 = getelementptr inbounds float, ptr %output.0, i64 %k0.i3
  store float %k0.v30, ptr %k0.v31, align 4
  %k0.v32 = add nuw nsw i64 %k0.i3, 1
  %k0.v33 = icmp ult i64 %k0.v32, 3
  br i1 %k0.v33, label %k0.loop1, label %k0.done2
k0.done2:
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
