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
  %k0.i3 = phi i64 [0, %k0.begin], [%k0.v38, %k0.loop1]
  %k0.v4 = mul nsw i64 %k0.i3, 5
  %k0.v5 = getelementptr inbounds float, ptr %input.0, i64 %k0.v4
  %k0.v6 = load <4 x float>, ptr %k0.v5, align 4
  %k0.v7 = fcmp ogt <4 x float> splat (float 0xFFF0000000000000), %k0.v6
  %k0.v8 = fcmp une <4 x float> splat (float 0xFFF0000000000000), splat (float 0xFFF0000000000000)
  %k0.v9 = or <4 x i1> %k0.v7, %k0.v8
  %k0.v10 = select <4 x i1> %k0.v9, <4 x float> splat (float 0xFFF0000000000000), <4 x float> %k0.v6
  %k0.v11 = getelementptr inbounds float, ptr %k0.v5, i64 4
  %k0.v12 = load float, ptr %k0.v11, align 4
  %k0.v13 = fcmp ogt float 0xFFF0000000000000, %k0.v12
  %k0.v14 = fcmp une float 0xFFF0000000000000, 0xFFF0000000000000
  %k0.v15 = or i1 %k0.v13, %k0.v14
  %k0.v16 = select i1 %k0.v15, float 0xFFF0000000000000, float %k0.v12
  %k0.v17 = shufflevector <4 x float> %k0.v10, <4 x float> %k0.v10, <2 x i32> <i32 0, i32 1>
  %k0.v18 = shufflevector <4 x float> %k0.v10, <4 x float> %k0.v10, <2 x i32> <i32 2, i32 3>
  %k0.v19 = fcmp ogt <2 x float> %k0.v17, %k0.v18
  %k0.v20 = fcmp une <2 x float> %k0.v17, %k0.v17
  %k0.v21 = or <2 x i1> %k0.v19, %k0.v20
  %k0.v22 = select <2 x i1> %k0.v21, <2 x float> %k0.v17, <2 x float> %k0.v18
  %k0.v23 = extractelement <2 x float> %k0.v22, i64 0
  %k0.v24 = extractelement <2 x float> %k0.v22, i64 1
  %k0.v25 = fcmp ogt float %k0.v23, %k0.v24
  %k0.v26 = fcmp une float %k0.v23, %k0.v23
  %k0.v27 = or i1 %k0.v25, %k0.v26
  %k0.v28 = select i1 %k0.v27, float %k0.v23, float %k0.v24
  %k0.v29 = fcmp ogt float %k0.v28, 0xFFF0000000000000
  %k0.v30 = fcmp une float %k0.v28, %k0.v28
  %k0.v31 = or i1 %k0.v29, %k0.v30
  %k0.v32 = select i1 %k0.v31, float %k0.v28, float 0xFFF0000000000000
  %k0.v33 = fcmp ogt float %k0.v16, %k0.v32
  %k0.v34 = fcmp une float %k0.v16, %k0.v16
  %k0.v35 = or i1 %k0.v33, %k0.v34
  %k0.v36 = select i1 %k0.v35, float %k0.v16, float %k0.v32
  %k0.v37 = getelementptr inbounds float, ptr %workspace.64, i64 %k0.i3
  store float %k0.v36, ptr %k0.v37, align 4
  %k0.v38 = add nuw nsw i64 %k0.i3, 1
  %k0.v39 = icmp ult i64 %k0.v38, 2
  br i1 %k0.v39, label %k0.loop1, label %k0.done2
k0.done2:
  br label %k1.begin
k1.begin:
  br label %k1.loop1
k1.loop1:
  %k1.i3 = phi i64 [0, %k1.begin], [%k1.v90, %k1.loop1]
  %k1.v4 = mul nsw i64 %k1.i3, 5
  %k1.v5 = getelementptr inbounds float, ptr %input.0, i64 %k1.v4
  %k1.v6 = load <4 x float>, ptr %k1.v5, align 4
  %k1.v7 = getelementptr inbounds float, ptr %workspace.64, i64 %k1.i3
  %k1.v8 = load float, ptr %k1.v7, align 4
  %k1.v9 = insertelement <4 x float> poison, float %k1.v8, i64 0
  %k1.v10 = shufflevector <4 x float> %k1.v9, <4 x float> poison, <4 x i32> zeroinitializer
  %k1.v11 = fsub contract <4 x float> %k1.v6, %k1.v10
  %k1.v12 = fcmp ogt <4 x float> %k1.v11, splat (float 89.0)
  %k1.v13 = select <4 x i1> %k1.v12, <4 x float> splat (float 89.0), <4 x float> %k1.v11
  %k1.v14 = fcmp olt <4 x float> %k1.v13, splat (float -104.0)
  %k1.v15 = select <4 x i1> %k1.v14, <4 x float> splat (float -104.0), <4 x float> %k1.v13
  %k1.v16 = fmul contract <4 x float> %k1.v15, splat (float 1.4426950216293335)
  %k1.v17 = fadd contract <4 x float> %k1.v16, splat (float 12583166.0)
  %k1.v18 = fsub contract <4 x float> %k1.v17, splat (float 12583166.0)
  %k1.v19 = bitcast <4 x float> %k1.v17 to <4 x i32>
  %k1.v20 = fmul contract <4 x float> %k1.v18, splat (float 0.693145751953125)
  %k1.v21 = fsub contract <4 x float> %k1.v15, %k1.v20
  %k1.v22 = fmul contract <4 x float> %k1.v18, splat (float 1.428606765330187e-06)
  %k1.v23 = fsub contract <4 x float> %k1.v21, %k1.v22
  %k1.v24 = icmp slt <4 x i32> %k1.v19, zeroinitializer
  %k1.v25 = select <4 x i1> %k1.v24, <4 x i32> splat (i32 -1), <4 x i32> zeroinitializer
  %k1.v26 = ashr <4 x i32> %k1.v19, splat (i32 1)
  %k1.v27 = shl <4 x i32> %k1.v26, splat (i32 23)
  %k1.v28 = bitcast <4 x i32> %k1.v27 to <4 x float>
  %k1.v29 = sub <4 x i32> %k1.v19, %k1.v26
  %k1.v30 = shl <4 x i32> %k1.v29, splat (i32 23)
  %k1.v31 = bitcast <4 x i32> %k1.v30 to <4 x float>
  %k1.v32 = fmul contract <4 x float> %k1.v23, %k1.v23
  %k1.v33 = fmul contract <4 x float> %k1.v23, splat (float 0.0013933643931522965)
  %k1.v34 = fadd contract <4 x float> %k1.v33, splat (float 0.008363175205886364)
  %k1.v35 = fmul contract <4 x float> %k1.v34, %k1.v23
  %k1.v36 = fadd contract <4 x float> %k1.v35, splat (float 0.04166646674275398)
  %k1.v37 = fmul contract <4 x float> %k1.v36, %k1.v23
  %k1.v38 = fadd contract <4 x float> %k1.v37, splat (float 0.16666576266288757)
  %k1.v39 = fmul contract <4 x float> %k1.v38, %k1.v23
  %k1.v40 = fadd contract <4 x float> %k1.v39, splat (float 0.5)
  %k1.v41 = fmul contract <4 x float> %k1.v32, %k1.v40
  %k1.v42 = fadd contract <4 x float> %k1.v41, %k1.v23
  %k1.v43 = fmul contract <4 x float> %k1.v42, %k1.v28
  %k1.v44 = fadd contract <4 x float> %k1.v43, %k1.v28
  %k1.v45 = fmul contract <4 x float> %k1.v44, %k1.v31
  %k1.v46 = getelementptr inbounds float, ptr %workspace.0, i64 %k1.v4
  store <4 x float> %k1.v45, ptr %k1.v46, align 4
  %k1.v47 = mul nsw i64 %k1.i3, 5
  %k1.v48 = getelementptr inbounds float, ptr %input.0, i64 %k1.v47
  %k1.v49 = getelementptr inbounds float, ptr %k1.v48, i64 4
  %k1.v50 = load float, ptr %k1.v49, align 4
  %k1.v51 = getelementptr inbounds float, ptr %workspace.64, i64 %k1.i3
  %k1.v52 = load float, ptr %k1.v51, align 4
  %k1.v53 = fsub contract float %k1.v50, %k1.v52
  %k1.v54 = fcmp ogt float %k1.v53, 89.0
  %k1.v55 = select i1 %k1.v54, float 89.0, float %k1.v53
  %k1.v56 = fcmp olt float %k1.v55, -104.0
  %k1.v57 = select i1 %k1.v56, float -104.0, float %k1.v55
  %k1.v58 = fmul contract float %k1.v57, 1.4426950216293335
  %k1.v59 = fadd contract float %k1.v58, 12583166.0
  %k1.v60 = fsub contract float %k1.v59, 12583166.0
  %k1.v61 = bitcast float %k1.v59 to i32
  %k1.v62 = fmul contract float %k1.v60, 0.693145751953125
  %k1.v63 = fsub contract float %k1.v57, %k1.v62
  %k1.v64 = fmul contract float %k1.v60, 1.428606765330187e-06
  %k1.v65 = fsub contract float %k1.v63, %k1.v64
  %k1.v66 = icmp slt i32 %k1.v61, 0
  %k1.v67 = select i1 %k1.v66, i32 -1, i32 0
  %k1.v68 = ashr i32 %k1.v61, 1
  %k1.v69 = shl i32 %k1.v68, 23
  %k1.v70 = bitcast i32 %k1.v69 to float
  %k1.v71 = sub i32 %k1.v61, %k1.v68
  %k1.v72 = shl i32 %k1.v71, 23
  %k1.v73 = bitcast i32 %k1.v72 to float
  %k1.v74 = fmul contract float %k1.v65, %k1.v65
  %k1.v75 = fmul contract float %k1.v65, 0.0013933643931522965
  %k1.v76 = fadd contract float %k1.v75, 0.008363175205886364
  %k1.v77 = fmul contract float %k1.v76, %k1.v65
  %k1.v78 = fadd contract float %k1.v77, 0.04166646674275398
  %k1.v79 = fmul contract float %k1.v78, %k1.v65
  %k1.v80 = fadd contract float %k1.v79, 0.16666576266288757
  %k1.v81 = fmul contract float %k1.v80, %k1.v65
  %k1.v82 = fadd contract float %k1.v81, 0.5
  %k1.v83 = fmul contract float %k1.v74, %k1.v82
  %k1.v84 = fadd contract float %k1.v83, %k1.v65
  %k1.v85 = fmul contract float %k1.v84, %k1.v70
  %k1.v86 = fadd contract float %k1.v85, %k1.v70
  %k1.v87 = fmul contract float %k1.v86, %k1.v73
  %k1.v88 = getelementptr inbounds float, ptr %workspace.0, i64 %k1.v47
  %k1.v89 = getelementptr inbounds float, ptr %k1.v88, i64 4
  store float %k1.v87, ptr %k1.v89, align 4
  %k1.v90 = add nuw nsw i64 %k1.i3, 1
  %k1.v91 = icmp ult i64 %k1.v90, 2
  br i1 %k1.v91, label %k1.loop1, label %k1.done2
k1.done2:
  br label %k2.begin
k2.begin:
  br label %k2.loop1
k2.loop1:
  %k2.i3 = phi i64 [0, %k2.begin], [%k2.v20, %k2.loop1]
  %k2.v4 = mul nsw i64 %k2.i3, 5
  %k2.v5 = getelementptr inbounds float, ptr %workspace.0, i64 %k2.v4
  %k2.v6 = load <4 x float>, ptr %k2.v5, align 4
  %k2.v7 = fadd contract <4 x float> zeroinitializer, %k2.v6
  %k2.v8 = getelementptr inbounds float, ptr %k2.v5, i64 4
  %k2.v9 = load float, ptr %k2.v8, align 4
  %k2.v10 = fadd contract float 0.0, %k2.v9
  %k2.v11 = shufflevector <4 x float> %k2.v7, <4 x float> %k2.v7, <2 x i32> <i32 0, i32 1>
  %k2.v12 = shufflevector <4 x float> %k2.v7, <4 x float> %k2.v7, <2 x i32> <i32 2, i32 3>
  %k2.v13 = fadd contract <2 x float> %k2.v11, %k2.v12
  %k2.v14 = extractelement <2 x float> %k2.v13, i64 0
  %k2.v15 = extractelement <2 x float> %k2.v13, i64 1
  %k2.v16 = fadd contract float %k2.v14, %k2.v15
  %k2.v17 = fadd contract float %k2.v16, 0.0
  %k2.v18 = fadd contract float %k2.v10, %k2.v17
  %k2.v19 = getelementptr inbounds float, ptr %workspace.64, i64 %k2.i3
  store float %k2.v18, ptr %k2.v19, align 4
  %k2.v20 = add nuw nsw i64 %k2.i3, 1
  %k2.v21 = icmp ult i64 %k2.v20, 2
  br i1 %k2.v21, label %k2.loop1, label %k2.done2
k2.done2:
  br label %k3.begin
k3.begin:
  br label %k3.loop1
k3.loop1:
  %k3.i3 = phi i64 [0, %k3.begin], [%k3.v22, %k3.loop1]
  %k3.v4 = mul nsw i64 %k3.i3, 5
  %k3.v5 = getelementptr inbounds float, ptr %workspace.0, i64 %k3.v4
  %k3.v6 = load <4 x float>, ptr %k3.v5, align 4
  %k3.v7 = getelementptr inbounds float, ptr %workspace.64, i64 %k3.i3
  %k3.v8 = load float, ptr %k3.v7, align 4
  %k3.v9 = insertelement <4 x float> poison, float %k3.v8, i64 0
  %k3.v10 = shufflevector <4 x float> %k3.v9, <4 x float> poison, <4 x i32> zeroinitializer
  %k3.v11 = fdiv contract <4 x float> %k3.v6, %k3.v10
  %k3.v12 = getelementptr inbounds float, ptr %output.0, i64 %k3.v4
  store <4 x float> %k3.v11, ptr %k3.v12, align 4
  %k3.v13 = mul nsw i64 %k3.i3, 5
  %k3.v14 = getelementptr inbounds float, ptr %workspace.0, i64 %k3.v13
  %k3.v15 = getelementptr inbounds float, ptr %k3.v14, i64 4
  %k3.v16 = load float, ptr %k3.v15, align 4
  %k3.v17 = getelementptr inbounds float, ptr %workspace.64, i64 %k3.i3
  %k3.v18 = load float, ptr %k3.v17, align 4
  %k3.v19 = fdiv contract float %k3.v16, %k3.v18
  %k3.v20 = getelementptr inbounds float, ptr %output.0, i64 %k3.v13
  %k3.v21 = getelementptr inbounds float, ptr %k3.v20, i64 4
  store float %k3.v19, ptr %k3.v21, align 4
  %k3.v22 = add nuw nsw i64 %k3.i3, 1
  %k3.v23 = icmp ult i64 %k3.v22, 2
  br i1 %k3.v23, label %k3.loop1, label %k3.done2
k3.done2:
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
