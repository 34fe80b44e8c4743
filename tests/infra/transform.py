"""Turn SAM templates into what CloudFormation makes of them: a.json becomes a.transformed.json.

Runs in the linter's environment, which has SAM.
"""

import json
import sys
from pathlib import Path

from samtranslator.parser.parser import Parser  # type: ignore[import-not-found]
from samtranslator.translator.translator import Translator  # type: ignore[import-not-found]

for path in map(Path, sys.argv[1:]):
    template = json.loads(path.read_text())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            # `aws cloudformation package` puts the zip's place in S3 here.
            resource["Properties"]["CodeUri"] = "s3://bucket/deployment.zip"
    path.with_suffix(".transformed.json").write_text(json.dumps(Translator({}, Parser()).translate(template, {})))
