; %0 = placeholder  float32[2,5]
; %1 = max %0 axes=(1,) keepdims=True  float32[2,1]
; %2 = subtract %0 %1  float32[2,5]
; %3 = exp %2  float32[2,5]
; %4 = sum %3 axes=(1,) keepdims=True  float32[2,1]
; %5 = divide %3 %4  float32[2,5]

define internal void @part0(ptr %arrays, ptr %workspace, ptr %fault, ptr %team) nounwind {
  %scratch = getelementptr i8, ptr %workspace, i64 128
  %workspace.64 = getelementptr i8, ptr %workspace, i64 64
  %input.0.row = getelementptr ptr, ptr %arrays, i64 0
  %input.0 = load ptr, ptr %input.0.row
  %workspace.0 = getelementptr i8, ptr %workspace, i64 0
  %output.0.row = getelementptr ptr, ptr %arrays, i64 1
  %output.0 = load ptr, ptr %output.0.row
  br label %k0.begin
k0.begin:
  br label %k0.loop1
k0.loop1:
  %k0.i3 = phi i64 [0, %k0.begin], [%k0.v33, %k0.loop1]
  %k0.v4 = mul nsw i64 %k0.i3, 5
  %k0.v5 = getelementptr inbounds float, ptr %input.0, i64 %k0.v4
  %k0.v6 = load <5 x float>, ptr %k0.v5, align 4
  %k0.v7 = fcmp ogt <5 x float> splat (float 0xFFF0000000000000), %k0.v6
  %k0.v8 = fcmp une <5 x float> splat (float 0xFFF0000000000000), splat (float 0xFFF0000000000000)
  %k0.v9 = or <5 x i1> %k0.v7, %k0.v8
  %k0.v10 = select <5 x i1> %k0.v9, <5 x float> splat (float 0xFFF0000000000000), <5 x float> %k0.v6
  %k0.v11 = extractelement <5 x float> %k0.v10, i64 4
  %k0.v12 = fcmp ogt float 0xFFF0000000000000, %k0.v11
  %k0.v13 = fcmp une float 0xFFF0000000000000, 0xFFF0000000000000
  %k0.v14 = or i1 %k0.v12, %k0.v13
  %k0.v15 = select i1 %k0.v14, float 0xFFF0000000000000, float %k0.v11
  %k0.v16 = shufflevector <5 x float> %k0.v10, <5 x float> %k0.v10, <2 x i32> <i32 0, i32 1>
  %k0.v17 = shufflevector <5 x float> %k0.v10, <5 x float> %k0.v10, <2 x i32> <i32 2, i32 3>
  %k0.v18 = fcmp ogt <2 x float> %k0.v16, %k0.v17
  %k0.v19 = fcmp une <2 x float> %k0.v16, %k0.v16
  %k0.v20 = or <2 x i1> %k0.v18, %k0.v19
  %k0.v21 = select <2 x i1> %k0.v20, <2 x float> %k0.v16, <2 x float> %k0.v17
  %k0.v22 = extractelement <2 x float> %k0.v21, i64 0
  %k0.v23 = extractelement <2 x float> %k0.v21, i64 1
  %k0.v24 = fcmp ogt float %k0.v22, %k0.v23
  %k0.v25 = fcmp une float %k0.v22, %k0.v22
  %k0.v26 = or i1 %k0.v24, %k0.v25
  %k0.v27 = select i1 %k0.v26, float %k0.v22, float %k0.v23
  %k0.v28 = fcmp ogt float %k0.v27, %k0.v15
  %k0.v29 = fcmp une float %k0.v27, %k0.v27
  %k0.v30 = or i1 %k0.v28, %k0.v29
  %k0.v31 = select i1 %k0.v30, float %k0.v27, float %k0.v15
  %k0.v32 = getelementptr inbounds float, ptr %workspace.64, i64 %k0.i3
  store float %k0.v31, ptr %k0.v32, align 4
  %k0.v33 = add nuw nsw i64 %k0.i3, 1
  %k0.v34 = icmp ult i64 %k0.v33, 2
  br i1 %k0.v34, label %k0.loop1, label %k0.done2
k0.done2:
  br label %k1.begin
k1.begin:
  %k1.v1 = load <8 x float>, ptr %input.0, align 4
  %k1.v2 = load <2 x float>, ptr %workspace.64, align 4
  %k1.v3 = shufflevector <2 x float> %k1.v2, <2 x float> poison, <8 x i32> <i32 0, i32 0, i32 0, i32 0, i32 0, i32 1, i32 1, i32 1>
  %k1.v4 = fsub contract <8 x float> %k1.v1, %k1.v3
  %k1.v5 = fcmp ogt <8 x float> %k1.v4, splat (float 89.0)
  %k1.v6 = select <8 x i1> %k1.v5, <8 x float> splat (float 89.0), <8 x float> %k1.v4
  %k1.v7 = fcmp olt <8 x float> %k1.v6, splat (float -104.0)
  %k1.v8 = select <8 x i1> %k1.v7, <8 x float> splat (float -104.0), <8 x float> %k1.v6
  %k1.v9 = fmul contract <8 x float> %k1.v8, splat (float 1.4426950216293335)
  %k1.v10 = fadd contract <8 x float> %k1.v9, splat (float 12583166.0)
  %k1.v11 = fsub contract <8 x float> %k1.v10, splat (float 12583166.0)
  %k1.v12 = bitcast <8 x float> %k1.v10 to <8 x i32>
  %k1.v13 = fmul contract <8 x float> %k1.v11, splat (float 0.693145751953125)
  %k1.v14 = fsub contract <8 x float> %k1.v8, %k1.v13
  %k1.v15 = fmul contract <8 x float> %k1.v11, splat (float 1.428606765330187e-06)
  %k1.v16 = fsub contract <8 x float> %k1.v14, %k1.v15
  %k1.v17 = icmp slt <8 x i32> %k1.v12, zeroinitializer
  %k1.v18 = select <8 x i1> %k1.v17, <8 x i32> splat (i32 -1), <8 x i32> zeroinitializer
  %k1.v19 = ashr <8 x i32> %k1.v12, splat (i32 1)
  %k1.v20 = shl <8 x i32> %k1.v19, splat (i32 23)
  %k1.v21 = bitcast <8 x i32> %k1.v20 to <8 x float>
  %k1.v22 = sub <8 x i32> %k1.v12, %k1.v19
  %k1.v23 = shl <8 x i32> %k1.v22, splat (i32 23)
  %k1.v24 = bitcast <8 x i32> %k1.v23 to <8 x float>
  %k1.v25 = fmul contract <8 x float> %k1.v16, %k1.v16
  %k1.v26 = fmul contract <8 x float> %k1.v16, splat (float 0.0013933643931522965)
  %k1.v27 = fadd contract <8 x float> %k1.v26, splat (float 0.008363175205886364)
  %k1.v28 = fmul contract <8 x float> %k1.v27, %k1.v16
  %k1.v29 = fadd contract <8 x float> %k1.v28, splat (float 0.04166646674275398)
  %k1.v30 = fmul contract <8 x float> %k1.v29, %k1.v16
  %k1.v31 = fadd contract <8 x float> %k1.v30, splat (float 0.16666576266288757)
  %k1.v32 = fmul contract <8 x float> %k1.v31, %k1.v16
  %k1.v33 = fadd contract <8 x float> %k1.v32, splat (float 0.5)
  %k1.v34 = fmul contract <8 x float> %k1.v25, %k1.v33
  %k1.v35 = fadd contract <8 x float> %k1.v34, %k1.v16
  %k1.v36 = fmul contract <8 x float> %k1.v35, %k1.v21
  %k1.v37 = fadd contract <8 x float> %k1.v36, %k1.v21
  %k1.v38 = fmul contract <8 x float> %k1.v37, %k1.v24
  store <8 x float> %k1.v38, ptr %workspace.0, align 4
  %k1.v39 = getelementptr inbounds float, ptr %input.0, i64 8
  %k1.v40 = load <2 x float>, ptr %k1.v39, align 4
  %k1.v41 = getelementptr inbounds float, ptr %workspace.64, i64 1
  %k1.v42 = load float, ptr %k1.v41, align 4
  %k1.v43 = insertelement <2 x float> poison, float %k1.v42, i64 0
  %k1.v44 = shufflevector <2 x float> %k1.v43, <2 x float> poison, <2 x i32> zeroinitializer
  %k1.v45 = fsub contract <2 x float> %k1.v40, %k1.v44
  %k1.v46 = fcmp ogt <2 x float> %k1.v45, splat (float 89.0)
  %k1.v47 = select <2 x i1> %k1.v46, <2 x float> splat (float 89.0), <2 x float> %k1.v45
  %k1.v48 = fcmp olt <2 x float> %k1.v47, splat (float -104.0)
  %k1.v49 = select <2 x i1> %k1.v48, <2 x float> splat (float -104.0), <2 x float> %k1.v47
  %k1.v50 = fmul contract <2 x float> %k1.v49, splat (float 1.4426950216293335)
  %k1.v51 = fadd contract <2 x float> %k1.v50, splat (float 12583166.0)
  %k1.v52 = fsub contract <2 x float> %k1.v51, splat (float 12583166.0)
  %k1.v53 = bitcast <2 x float> %k1.v51 to <2 x i32>
  %k1.v54 = fmul contract <2 x float> %k1.v52, splat (float 0.693145751953125)
  %k1.v55 = fsub contract <2 x float> %k1.v49, %k1.v54
  %k1.v56 = fmul contract <2 x float> %k1.v52, splat (float 1.428606765330187e-06)
  %k1.v57 = fsub contract <2 x float> %k1.v55, %k1.v56
  %k1.v58 = icmp slt <2 x i32> %k1.v53, zeroinitializer
  %k1.v59 = select <2 x i1> %k1.v58, <2 x i32> splat (i32 -1), <2 x i32> zeroinitializer
  %k1.v60 = ashr <2 x i32> %k1.v53, splat (i32 1)
  %k1.v61 = shl <2 x i32> %k1.v60, splat (i32 23)
  %k1.v62 = bitcast <2 x i32> %k1.v61 to <2 x float>
  %k1.v63 = sub <2 x i32> %k1.v53, %k1.v60
  %k1.v64 = shl <2 x i32> %k1.v63, splat (i32 23)
  %k1.v65 = bitcast <2 x i32> %k1.v64 to <2 x float>
  %k1.v66 = fmul contract <2 x float> %k1.v57, %k1.v57
  %k1.v67 = fmul contract <2 x float> %k1.v57, splat (float 0.0013933643931522965)
  %k1.v68 = fadd contract <2 x float> %k1.v67, splat (float 0.008363175205886364)
  %k1.v69 = fmul contract <2 x float> %k1.v68, %k1.v57
  %k1.v70 = fadd contract <2 x float> %k1.v69, splat (float 0.04166646674275398)
  %k1.v71 = fmul contract <2 x float> %k1.v70, %k1.v57
  %k1.v72 = fadd contract <2 x float> %k1.v71, splat (float 0.16666576266288757)
  %k1.v73 = fmul contract <2 x float> %k1.v72, %k1.v57
  %k1.v74 = fadd contract <2 x float> %k1.v73, splat (float 0.5)
  %k1.v75 = fmul contract <2 x float> %k1.v66, %k1.v74
  %k1.v76 = fadd contract <2 x float> %k1.v75, %k1.v57
  %k1.v77 = fmul contract <2 x float> %k1.v76, %k1.v62
  %k1.v78 = fadd contract <2 x float> %k1.v77, %k1.v62
  %k1.v79 = fmul contract <2 x float> %k1.v78, %k1.v65
  %k1.v80 = getelementptr inbounds float, ptr %workspace.0, i64 8
  store <2 x float> %k1.v79, ptr %k1.v80, align 4
  br label %k2.begin
k2.begin:
  br label %k2.loop1
k2.loop1:
  %k2.i3 = phi i64 [0, %k2.begin], [%k2.v18, %k2.loop1]
  %k2.v4 = mul nsw i64 %k2.i3, 5
  %k2.v5 = getelementptr inbounds float, ptr %workspace.0, i64 %k2.v4
  %k2.v6 = load <5 x float>, ptr %k2.v5, align 4
  %k2.v7 = fadd contract <5 x float> zeroinitializer, %k2.v6
  %k2.v8 = extractelement <5 x float> %k2.v7, i64 4
  %k2.v9 = fadd contract float 0.0, %k2.v8
  %k2.v10 = shufflevector <5 x float> %k2.v7, <5 x float> %k2.v7, <2 x i32> <i32 0, i32 1>
  %k2.v11 = shufflevector <5 x float> %k2.v7, <5 x float> %k2.v7, <2 x i32> <i32 2, i32 3>
  %k2.v12 = fadd contract <2 x float> %k2.v10, %k2.v11
  %k2.v13 = extractelement <2 x float> %k2.v12, i64 0
  %k2.v14 = extractelement <2 x float> %k2.v12, i64 1
  %k2.v15 = fadd contract float %k2.v13, %k2.v14
  %k2.v16 = fadd contract float %k2.v15, %k2.v9
  %k2.v17 = getelementptr inbounds float, ptr %workspace.64, i64 %k2.i3
  store float %k2.v16, ptr %k2.v17, align 4
  %k2.v18 = add nuw nsw i64 %k2.i3, 1
  %k2.v19 = icmp ult i64 %k2.v18, 2
  br i1 %k2.v19, label %k2.loop1, label %k2.done2
k2.done2:
  br label %k3.begin
k3.begin:
  %k3.v1 = load <8 x float>, ptr %workspace.0, align 4
  %k3.v2 = load <2 x float>, ptr %workspace.64, align 4
  %k3.v3 = shufflevector <2 x float> %k3.v2, <2 x float> poison, <8 x i32> <i32 0, i32 0, i32 0, i32 0, i32 0, i32 1, i32 1, i32 1>
  %k3.v4 = fdiv contract <8 x float> %k3.v1, %k3.v3
  store <8 x float> %k3.v4, ptr %output.0, align 4
  %k3.v5 = getelementptr inbounds float, ptr %workspace.0, i64 8
  %k3.v6 = load <2 x float>, ptr %k3.v5, align 4
  %k3.v7 = getelementptr inbounds float, ptr %workspace.64, i64 1
  %k3.v8 = load float, ptr %k3.v7, align 4
  %k3.v9 = insertelement <2 x float> poison, float %k3.v8, i64 0
  %k3.v10 = shufflevector <2 x float> %k3.v9, <2 x float> poison, <2 x i32> zeroinitializer
  %k3.v11 = fdiv contract <2 x float> %k3.v6, %k3.v10
  %k3.v12 = getelementptr inbounds float, ptr %output.0, i64 8
  store <2 x float> %k3.v11, ptr %k3.v12, align 4
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
  ret void
}
