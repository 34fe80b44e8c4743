"""Turn SAM templates into what CloudFormation makes of them: a.json becomes a.transformed.json.

Runs in the linter's environment, which has SAM.
"""

import itertools
import json
import sys
import time
from pathlib import Path

from samtranslator.parser.parser import Parser  # type: ignore[import-not-found]
from samtranslator.translator.translator import Translator  # type: ignore[import-not-found]

# Each template is transformed a second after the one before: SAM names what it makes at every deployment by the time.
now = itertools.count(1)
time.time = lambda: float(next(now))
for path in map(Path, sys.argv[1:]):
    template = json.loads(path.read_text())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            # `aws cloudformation package` puts the zip's place in S3 here.
            resource["Properties"]["CodeUri"] = "s3://bucket/deployment.zip"
    path.with_suffix(".transformed.json").write_text(json.dumps(Translator({}, Parser()).translate(template, {})))
