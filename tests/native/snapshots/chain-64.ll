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
  %k0.v1 = load <16 x float>, ptr %input.0, align 4
  %k0.v2 = load <16 x float>, ptr %input.1, align 4
  %k0.v3 = fmul contract <16 x float> %k0.v1, %k0.v2
  %k0.v4 = fadd contract <16 x float> %k0.v3, splat (float 1.0)
  %k0.v5 = fcmp ogt <16 x float> %k0.v4, zeroinitializer
  %k0.v6 = fcmp une <16 x float> %k0.v4, %k0.v4
  %k0.v7 = or <16 x i1> %k0.v5, %k0.v6
  %k0.v8 = select <16 x i1> %k0.v7, <16 x float> %k0.v4, <16 x float> zeroinitializer
  %k0.v9 = fdiv contract <16 x float> %k0.v8, splat (float 2.0)
  store <16 x float> %k0.v9, ptr %output.0, align 4
  %k0.v10 = getelementptr inbounds float, ptr %input.0, i64 16
  %k0.v11 = load <3 x float>, ptr %k0.v10, align 4
  %k0.v12 = getelementptr inbounds float, ptr %input.1, i64 16
  %k0.v13 = load <3 x float>, ptr %k0.v12, align 4
  %k0.v14 = fmul contract <3 x float> %k0.v11, %k0.v13
  %k0.v15 = fadd contract <3 x float> %k0.v14, splat (float 1.0)
  %k0.v16 = fcmp ogt <3 x float> %k0.v15, zeroinitializer
  %k0.v17 = fcmp une <3 x float> %k0.v15, %k0.v15
  %k0.v18 = or <3 x i1> %k0.v16, %k0.v17
  %k0.v19 = select <3 x i1> %k0.v18, <3 x float> %k0.v15, <3 x float> zeroinitializer
  %k0.v20 = fdiv contract <3 x float> %k0.v19, splat (float 2.0)
  %k0.v21 = getelementptr inbounds float, ptr %output.0, i64 16
  store <3 x float> %k0.v20, ptr %k0.v21, align 4
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
