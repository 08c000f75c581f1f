"""Verifications as messages."""

from payments_api.v1 import verification_pb2

from payments_service.application.verification.model import CheckResult, Run
from payments_service.domain.ids import Prefix, format_id
from payments_service.transport.convert.basic import time_to_message


def run_to_message(run: Run) -> verification_pb2.Verification:
    """A verification for a reply."""
    return verification_pb2.Verification(
        id=format_id(Prefix.VERIFICATION, run.id),
        state=f"VERIFICATION_STATE_{'DONE' if run.done else 'RUNNING'}",
        checks=[_check_to_message(result) for result in run.results],
        ok=run.agrees,
        create_time=time_to_message(run.create_time),
        end_time=time_to_message(run.end_time) if run.end_time else None,
    )


def _check_to_message(result: CheckResult) -> verification_pb2.VerificationCheck:
    findings = [
        verification_pb2.VerificationFinding(subject=finding.subject, message=finding.message)
        for finding in result.findings
    ]
    return verification_pb2.VerificationCheck(
        name=result.check,
        rows=result.rows,
        done=result.done,
        findings=findings,
        not_checked=result.not_checked,
    )
