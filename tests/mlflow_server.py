# SPDX-License-Identifier: Apache-2.0
"""MLflow's own tracking server on a free port of 127.0.0.1, whose number is its first line; its files lie in the folder named.

    mlflow_server.py FOLDER [PORT]
"""
import logging
import os
import sys

folder = os.path.abspath(sys.argv[1])
os.environ.update({
    "_MLFLOW_SERVER_FILE_STORE": f"file://{folder}/runs",
    "_MLFLOW_SERVER_REGISTRY_STORE": f"file://{folder}/runs",
    "_MLFLOW_SERVER_ARTIFACT_ROOT": "mlflow-artifacts:/",
    "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
    "_MLFLOW_SERVER_ARTIFACT_DESTINATION": f"file://{folder}/files",
})

from mlflow.server import app  # noqa: E402  (reads the environment)
from werkzeug.serving import make_server  # noqa: E402

logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = make_server("127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 0, app, threaded=True)
print(server.server_port, flush=True)
server.serve_forever()
