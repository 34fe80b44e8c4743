"""Turns a SAM template into what CloudFormation makes of it. Runs in the linter's environment, which has SAM."""

import json
import sys

from samtranslator.parser.parser import Parser  # type: ignore[import-not-found]
from samtranslator.translator.translator import Translator  # type: ignore[import-not-found]

template = json.load(sys.stdin)
for resource in template["Resources"].values():
    if resource["Type"] == "AWS::Serverless::Function":
        # `aws cloudformation package` puts the zip's place in S3 here.
        resource["Properties"]["CodeUri"] = "s3://bucket/deployment.zip"
json.dump(Translator({}, Parser()).translate(template, {}), sys.stdout)
