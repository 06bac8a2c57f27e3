; %0 = read  float32[1,2]
; %1 = read  float32[1]
; %2 = placeholder  float32[4,2]
; %3 = placeholder  float32[4,1]
; %4 = transpose %0 axes=(1, 0)  float32[2,1]
; %5 = matmul %2 %4  float32[4,1]
; %6 = add %5 %1  float32[4,1]
; %7 = subtract %6 %3  float32[4,1]
; %8 = multiply %7 %7  float32[4,1]
; %9 = sum %8 axes=(0, 1) keepdims=False  float32[]
; %10 = constant 4.0  float32[]
; %11 = divide %9 %10  float32[]
; %12 = constant 0.009999999776482582  float32[]
; %13 = constant sha256:2c7ae7c331208ea6  float32[4,1]
; %14 = multiply %13 %7  float32[4,1]
; %15 = add %14 %14  float32[4,1]
; %16 = transpose %15 axes=(1, 0)  float32[1,4]
; %17 = matmul %16 %2  float32[1,2]
; %18 = constant 0.0  float32[]
; %19 = multiply %18 %0  float32[1,2]
; %20 = add %17 %19  float32[1,2]
; %21 = multiply %12 %20  float32[1,2]
; %22 = subtract %0 %21  float32[1,2]
; %23 = sum %15 axes=(0,) keepdims=False  float32[1]
; %24 = multiply %18 %1  float32[1]
; %25 = add %23 %24  float32[1]
; %26 = multiply %12 %25  float32[1]
; %27 = subtract %1 %26  float32[1]

declare <8 x float> @llvm.fma.v8f32(<8 x float>, <8 x float>, <8 x float>)
define internal void @part0(ptr %arrays, ptr %workspace, ptr %fault, ptr %team) nounwind {
  %scratch = getelementptr i8, ptr %workspace, i64 128
  %workspace.0 = getelementptr i8, ptr %workspace, i64 0
  %workspace.64 = getelementptr i8, ptr %workspace, i64 64
  %input.0.row = getelementptr ptr, ptr %arrays, i64 0
  %input.0 = load ptr, ptr %input.0.row
  %state.0.row = getelementptr ptr, ptr %arrays, i64 2
  %state.0 = load ptr, ptr %state.0.row
  %input.1.row = getelementptr ptr, ptr %arrays, i64 1
  %input.1 = load ptr, ptr %input.1.row
  %state.1.row = getelementptr ptr, ptr %arrays, i64 3
  %state.1 = load ptr, ptr %state.1.row
  %constant.2.row = getelementptr ptr, ptr %arrays, i64 6
  %constant.2 = load ptr, ptr %constant.2.row
  %output.0.row = getelementptr ptr, ptr %arrays, i64 8
  %output.0 = load ptr, ptr %output.0.row
  br label %k0.begin
k0.begin:
  br label %k0.loop1
k0.loop1:
  %k0.i3 = phi i64 [0, %k0.begin], [%k0.v13, %k0.loop1]
  %k0.v4 = getelementptr inbounds float, ptr %input.0, i64 %k0.i3
  %k0.v5 = load <4 x float>, ptr %k0.v4, align 4
  %k0.v6 = getelementptr inbounds float, ptr %k0.v4, i64 3
  %k0.v7 = load <4 x float>, ptr %k0.v6, align 4
  %k0.v8 = shufflevector <4 x float> %k0.v5, <4 x float> %k0.v7, <4 x i32> <i32 0, i32 2, i32 5, i32 7>
  %k0.v9 = shufflevector <4 x float> %k0.v8, <4 x float> zeroinitializer, <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 4, i32 4, i32 4, i32 4>
  %k0.v10 = getelementptr i8, ptr %scratch, i64 0
  %k0.v11 = mul nsw i64 %k0.i3, 8
  %k0.v12 = getelementptr inbounds float, ptr %k0.v10, i64 %k0.v11
  store <8 x float> %k0.v9, ptr %k0.v12, align 4
  %k0.v13 = add nuw nsw i64 %k0.i3, 1
  %k0.v14 = icmp ult i64 %k0.v13, 2
  br i1 %k0.v14, label %k0.loop1, label %k0.done2
k0.done2:
  %k0.v15 = getelementptr i8, ptr %scratch, i64 0
  br label %k0.loop16
k0.loop16:
  %k0.i18 = phi i64 [0, %k0.done2], [%k0.v28, %k0.loop16]
  %k0.c19 = phi <8 x float> [zeroinitializer, %k0.done2], [%k0.v27, %k0.loop16]
  %k0.v20 = mul nsw i64 %k0.i18, 8
  %k0.v21 = getelementptr inbounds float, ptr %k0.v15, i64 %k0.v20
  %k0.v22 = load <8 x float>, ptr %k0.v21, align 4
  %k0.v23 = getelementptr inbounds float, ptr %state.0, i64 %k0.i18
  %k0.v24 = load float, ptr %k0.v23, align 4
  %k0.v25 = insertelement <8 x float> poison, float %k0.v24, i64 0
  %k0.v26 = shufflevector <8 x float> %k0.v25, <8 x float> poison, <8 x i32> zeroinitializer
  %k0.v27 = call contract <8 x float> @llvm.fma.v8f32(<8 x float> %k0.v26, <8 x float> %k0.v22, <8 x float> %k0.c19)
  %k0.v28 = add nuw nsw i64 %k0.i18, 1
  %k0.v29 = icmp ult i64 %k0.v28, 2
  br i1 %k0.v29, label %k0.loop16, label %k0.done17
k0.done17:
  %k0.v30 = shufflevector <8 x float> %k0.v27, <8 x float> %k0.v27, <4 x i32> <i32 0, i32 1, i32 2, i32 3>
  %k0.v31 = load float, ptr %state.1, align 4
  %k0.v32 = insertelement <4 x float> poison, float %k0.v31, i64 0
  %k0.v33 = shufflevector <4 x float> %k0.v32, <4 x float> poison, <4 x i32> zeroinitializer
  %k0.v34 = fadd contract <4 x float> %k0.v30, %k0.v33
  %k0.v35 = load <4 x float>, ptr %input.1, align 4
  %k0.v36 = fsub contract <4 x float> %k0.v34, %k0.v35
  %k0.v37 = load <4 x float>, ptr %constant.2, align 4
  %k0.v38 = fmul contract <4 x float> %k0.v37, %k0.v36
  %k0.v39 = fadd contract <4 x float> %k0.v38, %k0.v38
  store <4 x float> %k0.v36, ptr %workspace.0, align 4
  store <4 x float> %k0.v39, ptr %workspace.64, align 4
  br label %k1.begin
k1.begin:
  %k1.v1 = load <4 x float>, ptr %workspace.0, align 4
  %k1.v2 = fmul contract <4 x float> %k1.v1, %k1.v1
  %k1.v3 = fadd contract <4 x float> zeroinitializer, %k1.v2
  %k1.v4 = shufflevector <4 x float> %k1.v3, <4 x float> %k1.v3, <2 x i32> <i32 0, i32 1>
  %k1.v5 = shufflevector <4 x float> %k1.v3, <4 x float> %k1.v3, <2 x i32> <i32 2, i32 3>
  %k1.v6 = fadd contract <2 x float> %k1.v4, %k1.v5
  %k1.v7 = extractelement <2 x float> %k1.v6, i64 0
  %k1.v8 = extractelement <2 x float> %k1.v6, i64 1
  %k1.v9 = fadd contract float %k1.v7, %k1.v8
  %k1.v10 = fadd contract float %k1.v9, 0.0
  %k1.v11 = fdiv contract float %k1.v10, 4.0
  store float %k1.v11, ptr %output.0, align 4
  br label %k2.begin
k2.begin:
  br label %k2.loop1
k2.loop1:
  %k2.i3 = phi i64 [0, %k2.begin], [%k2.v11, %k2.loop1]
  %k2.v4 = mul nsw i64 %k2.i3, 2
  %k2.v5 = getelementptr inbounds float, ptr %input.0, i64 %k2.v4
  %k2.v6 = load <2 x float>, ptr %k2.v5, align 4
  %k2.v7 = shufflevector <2 x float> %k2.v6, <2 x float> zeroinitializer, <8 x i32> <i32 0, i32 1, i32 2, i32 2, i32 2, i32 2, i32 2, i32 2>
  %k2.v8 = getelementptr i8, ptr %scratch, i64 0
  %k2.v9 = mul nsw i64 %k2.i3, 8
  %k2.v10 = getelementptr inbounds float, ptr %k2.v8, i64 %k2.v9
  store <8 x float> %k2.v7, ptr %k2.v10, align 4
  %k2.v11 = add nuw nsw i64 %k2.i3, 1
  %k2.v12 = icmp ult i64 %k2.v11, 4
  br i1 %k2.v12, label %k2.loop1, label %k2.done2
k2.done2:
  %k2.v13 = getelementptr i8, ptr %scratch, i64 0
  br label %k2.loop14
k2.loop14:
  %k2.i16 = phi i64 [0, %k2.done2], [%k2.v26, %k2.loop14]
  %k2.c17 = phi <8 x float> [zeroinitializer, %k2.done2], [%k2.v25, %k2.loop14]
  %k2.v18 = mul nsw i64 %k2.i16, 8
  %k2.v19 = getelementptr inbounds float, ptr %k2.v13, i64 %k2.v18
  %k2.v20 = load <8 x float>, ptr %k2.v19, align 4
  %k2.v21 = getelementptr inbounds float, ptr %workspace.64, i64 %k2.i16
  %k2.v22 = load float, ptr %k2.v21, align 4
  %k2.v23 = insertelement <8 x float> poison, float %k2.v22, i64 0
  %k2.v24 = shufflevector <8 x float> %k2.v23, <8 x float> poison, <8 x i32> zeroinitializer
  %k2.v25 = call contract <8 x float> @llvm.fma.v8f32(<8 x float> %k2.v24, <8 x float> %k2.v20, <8 x float> %k2.c17)
  %k2.v26 = add nuw nsw i64 %k2.i16, 1
  %k2.v27 = icmp ult i64 %k2.v26, 4
  br i1 %k2.v27, label %k2.loop14, label %k2.done15
k2.done15:
  %k2.v28 = shufflevector <8 x float> %k2.v25, <8 x float> %k2.v25, <2 x i32> <i32 0, i32 1>
  store <2 x float> %k2.v28, ptr %workspace.0, align 4
  ret void
}
define internal void @part1(ptr %arrays, ptr %workspace, ptr %fault, ptr %team) nounwind {
  %scratch = getelementptr i8, ptr %workspace, i64 128
  %state.0.row = getelementptr ptr, ptr %arrays, i64 2
  %state.0 = load ptr, ptr %state.0.row
  %workspace.0 = getelementptr i8, ptr %workspace, i64 0
  %state.1.row = getelementptr ptr, ptr %arrays, i64 3
  %state.1 = load ptr, ptr %state.1.row
  %workspace.64 = getelementptr i8, ptr %workspace, i64 64
  br label %k3.begin
k3.begin:
  %k3.v1 = load <2 x float>, ptr %state.0, align 4
  %k3.v2 = load <2 x float>, ptr %workspace.0, align 4
  %k3.v3 = fmul contract <2 x float> zeroinitializer, %k3.v1
  %k3.v4 = fadd contract <2 x float> %k3.v2, %k3.v3
  %k3.v5 = fmul contract <2 x float> splat (float 0.009999999776482582), %k3.v4
  %k3.v6 = fsub contract <2 x float> %k3.v1, %k3.v5
  store <2 x float> %k3.v6, ptr %state.0, align 4
  br label %k4.begin
k4.begin:
  %k4.v1 = load float, ptr %state.1, align 4
  br label %k4.loop2
k4.loop2:
  %k4.i4 = phi i64 [0, %k4.begin], [%k4.v9, %k4.loop2]
  %k4.c5 = phi float [0.0, %k4.begin], [%k4.v8, %k4.loop2]
  %k4.v6 = getelementptr inbounds float, ptr %workspace.64, i64 %k4.i4
  %k4.v7 = load float, ptr %k4.v6, align 4
  %k4.v8 = fadd contract float %k4.c5, %k4.v7
  %k4.v9 = add nuw nsw i64 %k4.i4, 1
  %k4.v10 = icmp ult i64 %k4.v9, 4
  br i1 %k4.v10, label %k4.loop2, label %k4.done3
k4.done3:
  %k4.v11 = fmul contract float 0.0, %k4.v1
  %k4.v12 = fadd contract float %k4.v8, %k4.v11
  %k4.v13 = fmul contract float 0.009999999776482582, %k4.v12
  %k4.v14 = fsub contract float %k4.v1, %k4.v13
  store float %k4.v14, ptr %state.1, align 4
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
  %scratch = getelementptr i8, ptr %workspace, i64 128
  br label %begin
begin:
  call void @part0(ptr %arrays, ptr %workspace, ptr %fault, ptr %team)
  call void @part1(ptr %arrays, ptr %workspace, ptr %fault, ptr %team)
  ret void
}
