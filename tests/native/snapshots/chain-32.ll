; %0 = placeholder  float32[19]
; %1 = placeholder  float32[19]
; %2 = multiply %0 %1  float32[19]
; %3 = constant 1.0  float32[]
; %4 = add %2 %3  float32[19]
; %5 = relu %4  float32[19]
; %6 = constant 2.0  float32[]
; %7 = divide %5 %6  float32[19]

define internal void @part0(ptr %arrays, ptr %workspace, ptr %fault, ptr %team) nounwind {
  %scratch = getelementptr i8, ptr %workspace, i64 0
  %output.0.row = getelementptr ptr, ptr %arrays, i64 4
  %output.0 = load ptr, ptr %output.0.row
  %input.0.row = getelementptr ptr, ptr %arrays, i64 0
  %input.0 = load ptr, ptr %input.0.row
  %input.1.row = getelementptr ptr, ptr %arrays, i64 1
  %input.1 = load ptr, ptr %input.1.row
  br label %k0.begin
k0.begin:
  br label %k0.loop1
k0.loop1:
  %k0.i3 = phi i64 [0, %k0.begin], [%k0.v17, %k0.loop1]
  %k0.v4 = mul nsw i64 %k0.i3, 8
  %k0.v5 = getelementptr inbounds float, ptr %input.0, i64 %k0.v4
  %k0.v6 = load <8 x float>, ptr %k0.v5, align 4
  %k0.v7 = getelementptr inbounds float, ptr %input.1, i64 %k0.v4
  %k0.v8 = load <8 x float>, ptr %k0.v7, align 4
  %k0.v9 = fmul contract <8 x float> %k0.v6, %k0.v8
  %k0.v10 = fadd contract <8 x float> %k0.v9, splat (float 1.0)
  %k0.v11 = fcmp ogt <8 x float> %k0.v10, zeroinitializer
  %k0.v12 = fcmp une <8 x float> %k0.v10, %k0.v10
  %k0.v13 = or <8 x i1> %k0.v11, %k0.v12
  %k0.v14 = select <8 x i1> %k0.v13, <8 x float> %k0.v10, <8 x float> zeroinitializer
  %k0.v15 = fdiv contract <8 x float> %k0.v14, splat (float 2.0)
  %k0.v16 = getelementptr inbounds float, ptr %output.0, i64 %k0.v4
  store <8 x float> %k0.v15, ptr %k0.v16, align 4
  %k0.v17 = add nuw nsw i64 %k0.i3, 1
  %k0.v18 = icmp ult i64 %k0.v17, 2
  br i1 %k0.v18, label %k0.loop1, label %k0.done2
k0.done2:
  %k0.v19 = getelementptr inbounds float, ptr %input.0, i64 16
  %k0.v20 = load <3 x float>, ptr %k0.v19, align 4
  %k0.v21 = getelementptr inbounds float, ptr %input.1, i64 16
  %k0.v22 = load <3 x float>, ptr %k0.v21, align 4
  %k0.v23 = fmul contract <3 x float> %k0.v20, %k0.v22
  %k0.v24 = fadd contract <3 x float> %k0.v23, splat (float 1.0)
  %k0.v25 = fcmp ogt <3 x float> %k0.v24, zeroinitializer
  %k0.v26 = fcmp une <3 x float> %k0.v24, %k0.v24
  %k0.v27 = or <3 x i1> %k0.v25, %k0.v26
  %k0.v28 = select <3 x i1> %k0.v27, <3 x float> %k0.v24, <3 x float> zeroinitializer
  %k0.v29 = fdiv contract <3 x float> %k0.v28, splat (float 2.0)
  %k0.v30 = getelementptr inbounds float, ptr %output.0, i64 16
  store <3 x float> %k0.v29, ptr %k0.v30, align 4
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
