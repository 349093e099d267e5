# SPDX-License-Identifier: Apache-2.0
"""One score from Python: our package, its C call alone, and ONNX Runtime, on the same network with the same weights."""
import numpy as np

from worker import CODE, WIDTH, median_of


def model_and_row():
    import hourglass

    model = hourglass.Model.new("dense %d relu | dense input sigmoid" % CODE, (WIDTH,))
    model.threads = 1
    return model, np.random.default_rng(1).random(WIDTH, dtype=np.float32)


def single_package(threads):
    model, x = model_and_row()
    return lambda: median_of(lambda: model.score(x))


def single_c_call(threads):
    """hg_score() by cffi with pointers that are ready: what nobody can go below."""
    from hourglass._native import ffi, lib

    model, x = model_and_row()
    scorer, to, score = model._weights.scorer(), ffi.new("float[1]"), lib.hg_score
    row = ffi.from_buffer("float[]", x)
    return lambda: median_of(lambda: score(scorer, row, 1, to))


def onnx_model(tensors):
    """The network and its error as ONNX: x (1, WIDTH) -> score (1)."""
    from onnx import TensorProto, helper, numpy_helper

    nodes = [helper.make_node("Gemm", ["x", "w1", "b1"], ["h"], transB=1), helper.make_node("Relu", ["h"], ["z"]),
             helper.make_node("Gemm", ["z", "w2", "b2"], ["o"], transB=1), helper.make_node("Sigmoid", ["o"], ["y"]),
             helper.make_node("Sub", ["x", "y"], ["d"]), helper.make_node("Mul", ["d", "d"], ["q"]),
             helper.make_node("ReduceMean", ["q"], ["score"], axes=[1], keepdims=0)]
    names = {"w1": "encoder.0.weight", "b1": "encoder.0.bias", "w2": "decoder.0.weight", "b2": "decoder.0.bias"}
    weights = [numpy_helper.from_array(tensors[name], short) for short, name in names.items()]
    graph = helper.make_graph(nodes, "score", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, WIDTH])],
                              [helper.make_tensor_value_info("score", TensorProto.FLOAT, [1])], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    return model.SerializeToString()


def single_onnx(threads):
    import onnxruntime

    model, x = model_and_row()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = threads
    session = onnxruntime.InferenceSession(onnx_model(model.tensors), options, providers=["CPUExecutionProvider"])
    row = x[None]
    assert abs(float(session.run(None, {"x": row})[0][0]) - model.score(x)) < 1e-6
    return lambda: median_of(lambda: session.run(None, {"x": row}))


JOBS = {"single, Model.score": single_package, "single, hg_score by cffi": single_c_call,
        "single, ONNX Runtime": single_onnx}
