; %0 = placeholder  float32[3,2]
; %1 = placeholder  float32[2,10]
; %2 = matmul %0 %1  float32[3,10]

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
  %k0.i3 = phi i64 [0, %k0.begin], [%k0.v39, %k0.loop1]
  %k0.c4 = phi <4 x float> [zeroinitializer, %k0.begin], [%k0.v20, %k0.loop1]
  %k0.c5 = phi <4 x float> [zeroinitializer, %k0.begin], [%k0.v22, %k0.loop1]
  %k0.c6 = phi <4 x float> [zeroinitializer, %k0.begin], [%k0.v28, %k0.loop1]
  %k0.c7 = phi <4 x float> [zeroinitializer, %k0.begin], [%k0.v30, %k0.loop1]
  %k0.c8 = phi <4 x float> [zeroinitializer, %k0.begin], [%k0.v36, %k0.loop1]
  %k0.c9 = phi <4 x float> [zeroinitializer, %k0.begin], [%k0.v38, %k0.loop1]
  %k0.v10 = mul nsw i64 %k0.i3, 10
  %k0.v11 = getelementptr inbounds float, ptr %input.1, i64 %k0.v10
  %k0.v12 = load <4 x float>, ptr %k0.v11, align 4
  %k0.v13 = getelementptr inbounds float, ptr %k0.v11, i64 4
  %k0.v14 = load <4 x float>, ptr %k0.v13, align 4
  %k0.v15 = getelementptr inbounds float, ptr %input.0, i64 %k0.i3
  %k0.v16 = load float, ptr %k0.v15, align 4
  %k0.v17 = insertelement <4 x float> poison, float %k0.v16, i64 0
  %k0.v18 = shufflevector <4 x float> %k0.v17, <4 x float> poison, <4 x i32> zeroinitializer
  %k0.v19 = fmul contract <4 x float> %k0.v18, %k0.v12
  %k0.v20 = fadd contract <4 x float> %k0.v19, %k0.c4
  %k0.v21 = fmul contract <4 x float> %k0.v18, %k0.v14
  %k0.v22 = fadd contract <4 x float> %k0.v21, %k0.c5
  %k0.v23 = getelementptr inbounds float, ptr %k0.v15, i64 2
  %k0.v24 = load float, ptr %k0.v23, align 4
  %k0.v25 = insertelement <4 x float> poison, float %k0.v24, i64 0
  %k0.v26 = shufflevector <4 x float> %k0.v25, <4 x float> poison, <4 x i32> zeroinitializer
  %k0.v27 = fmul contract <4 x float> %k0.v26, %k0.v12
  %k0.v28 = fadd contract <4 x float> %k0.v27, %k0.c6
  %k0.v29 = fmul contract <4 x float> %k0.v26, %k0.v14
  %k0.v30 = fadd contract <4 x float> %k0.v29, %k0.c7
  %k0.v31 = getelementptr inbounds float, ptr %k0.v15, i64 4
  %k0.v32 = load float, ptr %k0.v31, align 4
  %k0.v33 = insertelement <4 x float> poison, float %k0.v32, i64 0
  %k0.v34 = shufflevector <4 x float> %k0.v33, <4 x float> poison, <4 x i32> zeroinitializer
  %k0.v35 = fmul contract <4 x float> %k0.v34, %k0.v12
  %k0.v36 = fadd contract <4 x float> %k0.v35, %k0.c8
  %k0.v37 = fmul contract <4 x float> %k0.v34, %k0.v14
  %k0.v38 = fadd contract <4 x float> %k0.v37, %k0.c9
  %k0.v39 = add nuw nsw i64 %k0.i3, 1
  %k0.v40 = icmp ult i64 %k0.v39, 2
  br i1 %k0.v40, label %k0.loop1, label %k0.done2
k0.done2:
  store <4 x float> %k0.v20, ptr %output.0, align 4
  %k0.v41 = getelementptr inbounds float, ptr %output.0, i64 10
  store <4 x float> %k0.v28, ptr %k0.v41, align 4
  %k0.v42 = getelementptr inbounds float, ptr %output.0, i64 20
  store <4 x float> %k0.v36, ptr %k0.v42, align 4
  %k0.v43 = getelementptr inbounds float, ptr %output.0, i64 4
  store <4 x float> %k0.v22, ptr %k0.v43, align 4
  %k0.v44 = getelementptr inbounds float, ptr %k0.v43, i64 10
  store <4 x float> %k0.v30, ptr %k0.v44, align 4
  %k0.v45 = getelementptr inbounds float, ptr %k0.v43, i64 20
  store <4 x float> %k0.v38, ptr %k0.v45, align 4
  %k0.v46 = getelementptr inbounds float, ptr %input.1, i64 6
  br label %k0.loop47
k0.loop47:
  %k0.i49 = phi i64 [0, %k0.done2], [%k0.v74, %k0.loop47]
  %k0.c50 = phi <4 x float> [zeroinitializer, %k0.done2], [%k0.v61, %k0.loop47]
  %k0.c51 = phi <4 x float> [zeroinitializer, %k0.done2], [%k0.v67, %k0.loop47]
  %k0.c52 = phi <4 x float> [zeroinitializer, %k0.done2], [%k0.v73, %k0.loop47]
  %k0.v53 = mul nsw i64 %k0.i49, 10
  %k0.v54 = getelementptr inbounds float, ptr %k0.v46, i64 %k0.v53
  %k0.v55 = load <4 x float>, ptr %k0.v54, align 4
  %k0.v56 = getelementptr inbounds float, ptr %input.0, i64 %k0.i49
  %k0.v57 = load float, ptr %k0.v56, align 4
  %k0.v58 = insertelement <4 x float> poison, float %k0.v57, i64 0
  %k0.v59 = shufflevector <4 x float> %k0.v58, <4 x float> poison, <4 x i32> zeroinitializer
  %k0.v60 = fmul contract <4 x float> %k0.v59, %k0.v55
  %k0.v61 = fadd contract <4 x float> %k0.v60, %k0.c50
  %k0.v62 = getelementptr inbounds float, ptr %k0.v56, i64 2
  %k0.v63 = load float, ptr %k0.v62, align 4
  %k0.v64 = insertelement <4 x float> poison, float %k0.v63, i64 0
  %k0.v65 = shufflevector <4 x float> %k0.v64, <4 x float> poison, <4 x i32> zeroinitializer
  %k0.v66 = fmul contract <4 x float> %k0.v65, %k0.v55
  %k0.v67 = fadd contract <4 x float> %k0.v66, %k0.c51
  %k0.v68 = getelementptr inbounds float, ptr %k0.v56, i64 4
  %k0.v69 = load float, ptr %k0.v68, align 4
  %k0.v70 = insertelement <4 x float> poison, float %k0.v69, i64 0
  %k0.v71 = shufflevector <4 x float> %k0.v70, <4 x float> poison, <4 x i32> zeroinitializer
  %k0.v72 = fmul contract <4 x float> %k0.v71, %k0.v55
  %k0.v73 = fadd contract <4 x float> %k0.v72, %k0.c52
  %k0.v74 = add nuw nsw i64 %k0.i49, 1
  %k0.v75 = icmp ult i64 %k0.v74, 2
  br i1 %k0.v75, label %k0.loop47, label %k0.done48
k0.done48:
  %k0.v76 = getelementptr inbounds float, ptr %output.0, i64 6
  store <4 x float> %k0.v61, ptr %k0.v76, align 4
  %k0.v77 = getelementptr inbounds float, ptr %k0.v76, i64 10
  store <4 x float> %k0.v67, ptr %k0.v77, align 4
  %k0.v78 = getelementptr inbounds float, ptr %k0.v76, i64 20
  store <4 x float> %k0.v73, ptr %k0.v78, align 4
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
