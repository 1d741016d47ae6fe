"use strict";

const { AwsGuard } = require("@pulumi/awsguard");

// Its rule for certificates asks AWS for each, and there is none.
new AwsGuard({ all: "advisory", acmCertificateExpiration: "disabled" });
