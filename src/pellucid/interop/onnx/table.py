"""Operations that are the same here and in ONNX: one table, read in both directions."""

from __future__ import annotations

__all__ = ["SAME", "TRUTH"]

# Name of ours: name of theirs. Operands, their order and their meaning are equal, and there are no
# attributes; ONNX's broadcasting is NumPy's.
SAME = {
    "add": "Add", "subtract": "Sub", "multiply": "Mul", "divide": "Div", "power": "Pow",
    "negative": "Neg", "abs": "Abs", "sign": "Sign", "exp": "Exp", "log": "Log", "sqrt": "Sqrt",
    "sin": "Sin", "cos": "Cos", "floor": "Floor", "ceil": "Ceil", "erf": "Erf",
    "sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu", "softplus": "Softplus",
    "maximum": "Max", "minimum": "Min", "less": "Less", "less_equal": "LessOrEqual",
    "greater": "Greater", "greater_equal": "GreaterOrEqual", "equal": "Equal", "isnan": "IsNaN",
    "where": "Where", "matmul": "MatMul", "identity": "Identity",
}  # fmt: skip

# Of truth values and of the bits of integers, ONNX speaks by different names.
TRUTH = {
    "bitwise_and": ("And", "BitwiseAnd"), "bitwise_or": ("Or", "BitwiseOr"),
    "bitwise_xor": ("Xor", "BitwiseXor"), "invert": ("Not", "BitwiseNot"),
}  # fmt: skip
