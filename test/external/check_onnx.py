"""Checks ONNX files against the schemas of the ops, with shape inference. Needs Debian's python3-onnx."""

import sys

try:
    import onnx
except ImportError:
    sys.exit("the package python3-onnx is missing: run \"apt-get install python3-onnx\"")

for path in sys.argv[1:]:
    model = onnx.load(path)
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        sys.exit(f"{path}: {error}")
    print(f"{len(model.graph.node)} nodes")
