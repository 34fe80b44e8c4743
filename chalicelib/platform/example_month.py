"""The story that the OpenAPI document's examples tell: November 2025 at one waterworks.

Ana Reyes, billing officer, took over the former system's books on 3 November. On 5 November Juan Dela Cruz's meter was
read (1775 on 5 October, 1785 now), and the run of that day billed 10 m3 at 22.50 and a fixed charge of 50.00, due on
20 November. On the 18th he paid it at the counter: 300.00 in cash, 25.00 back, receipt OR-MAIN-000123. On 28 November
he moved out: the meter showed 1791, and the final bill has 6 m3 and no second fixed charge.
"""

from collections.abc import Mapping
from typing import Any

_STAFF_ID = "01KBMYX1A7D0G3J6M9P2S5V8Y1"
_CONSUMER_ID = "01KBMZ5V3C8Q2X7R4T6Y9W1E0A"
_NEXT_CONSUMER_ID = "01KBMZ7X6EAS4Z9T6W8A1Y3G2C"
_CONSUMER_USER_ID = "01KBMZ6W5D9R3Y8S5V7Z0X2F1B"
_SESSION_ID = "01K98WJ1C0041061050R3GG28A"
_PAYMENT_ID = "01KBNC6X4A9D2F5H8K1M3P6R9T"
_ANNOUNCED_ID = "01KBN6R4X7Z0B3D6F9H2K5M8P1"
_RUN_ID = "01KBN4H0P7T2W5Y8A1C3E6G9J2"
_DECIDED = {"decidedBy": _STAFF_ID, "decidedByName": "Ana Reyes", "decidedAt": "2025-11-05T03:10:00.000Z"}
_UNDECIDED = dict.fromkeys(("decidedBy", "decidedByName", "decidedAt", "reason", "accountNumber"))

_STAFF: dict[str, Any] = {
    "id": _STAFF_ID,
    "login": "ana",
    "number": None,
    "askedNumber": None,
    "name": "Ana Reyes",
    "email": "ana@example.com",
    "phone": "+63 917 555 0002",
    "role": "billing_officer",
    "status": "active",
    "consumerId": None,
    "areas": [],
    "createdAt": "2025-10-20T01:15:00.000Z",
    "deletedAt": None,
}
_RATE_PART: dict[str, Any] = {
    "code": "usage",
    "label": "Water used",
    "when": None,
    "season": None,
    "factors": [],
    "rounding": None,
    "informational": None,
}
_CHARGES = [
    {
        **_RATE_PART,
        "measure": "use",
        "share": "1",
        "cap": None,
        "capMeasure": None,
        "least": None,
        "leastMeasure": None,
        "included": "0",
        "quantityRounding": None,
        "per": "1",
        "kind": "usage",
        "rate": "22.5",
        "times": None,
        "rateRounding": None,
    },
    {
        **_RATE_PART,
        "code": "fixed",
        "label": "Fixed charge",
        "kind": "fixed",
        "amount": "50",
        "byMeterSize": {},
        "prorated": False,
        "daysBasis": None,
        "times": None,
        "rateRounding": None,
    },
]


def _exactly(decimal: str) -> dict[str, Any]:
    return {"decimal": decimal, "exact": None}


def _line(code: str, label: str, amount: str, quantity: str, rate: str, explanation: str) -> dict[str, Any]:
    return {
        "code": code,
        "label": label,
        "amount": amount,
        "tariff": "residential@1",
        "terms": [{"quantity": _exactly(quantity), "rate": rate, "per": "1"}],
        "factors": [],
        "informational": False,
        "less": _exactly("0"),
        "unrounded": _exactly(amount.removesuffix(".00")),
        "rounding": {"mode": "half-up", "step": "0.01"},
        "explanation": [explanation],
    }


_LINES = [
    _line("usage", "Water used", "225.00", "10", "22.5", "10 m3 at 22.50 = 225.00"),
    _line("fixed", "Fixed charge", "50.00", "1", "50", "1 at 50.00 = 50.00"),
]
_BILL = {
    "id": "2025-11.2025110001.1",
    "revision": 1,
    "replacedBy": None,
    "total": "275.00",
    "lateCharge": "0.00",
    "waived": "0.00",
    "credited": "0.00",
    "paid": "0.00",
    "amountDue": "275.00",
    "dueOn": "2025-11-20",
    "originalDueOn": "2025-11-20",
    "status": "open",
    "daysOverdue": 0,
}

_SHEET = {"name": "Residential water", "validFrom": "2025-01-01", "validUntil": None, "byChoice": None}
_IMPORT = {
    "id": "01KBN1D7K4Q9S2U5W8Y0A3C6E9",
    "status": "done",
    "counts": {"rows": 50, "accepted": 48, "unchanged": 1, "refused": 1, "flagged": 1, "blank": 0},
    "requestedAt": "2025-11-05T02:20:00.000Z",
    "finishedAt": "2025-11-05T02:21:30.000Z",
}
_CLIENT = {"loginNames": "username", "selfRegistration": True}
_CLIENT_SETTINGS = {**_CLIENT, "areaLevels": ["Barangay", "Purok"]}
_PROJECT_SETTINGS = {
    "classes": ["residential", "commercial"],
    "readingWindow": {"firstDay": 1, "lastDay": 10},
    "highUsagePercent": 300,
    "billingCycle": None,
    "shards": 1,
    "fiscalStart": 1,
    "firstMonth": None,
}
_CONNECTION: dict[str, Any] = {
    "initialReading": "1755",
    "installedOn": "2025-08-04",
    "lastReading": "1785",
    "registers": [],
    "tariffId": None,
    "factsHistory": [],
    "walkingOrder": 12,
    "createdAt": "2025-11-03T01:30:00.000Z",
}
# What the meter showed on 28 November, and the bill for it.
_CLOSED = {"lastReading": "1791", "lastReadOn": "2025-11-28", "lastPeriod": "2025-11"}
_NO_MORE_READ: dict[str, Any] = {"registers": {}, "measures": {}, "readerCode": None, "photo": None}
# The payment of 18 November, and what it did.
_SHARE: dict[str, Any] = {
    "billId": "2025-11.2025110001.1",
    "accountNumber": "2025110001",
    "year": 2025,
    "month": 11,
    "period": "November 2025",
    "principalDue": "275.00",
    "lateCharge": "0.00",
    "waived": "0.00",
    "paid": "275.00",
    "lateChargePaid": "0.00",
    "lateChargeWaived": False,
}
_OWED_BILL: dict[str, Any] = {
    "billId": "2025-11.2025110001.1",
    "period": "2025-11",
    "periodLabel": "November 2025",
    "kind": "regular",
    "total": "275.00",
    "carriedOver": "0.00",
    "credited": "0.00",
    "paid": "0.00",
    "principalDue": "275.00",
    "lateCharge": "0.00",
    "amountDue": "275.00",
    "dueOn": "2025-11-20",
    "status": "open",
    "daysOverdue": 0,
}
_RECEIVED: dict[str, Any] = {
    "receiptNumber": "OR-MAIN-000123",
    "amount": "275.00",
    "received": "300.00",
    "change": "25.00",
    "paidOn": "2025-11-18",
    "method": "cash",
    "desk": "MAIN",
    "checkNumber": None,
    "upiId": None,
    "waiverReason": None,
    "recordedAt": "2025-11-18T02:00:00.000Z",
}
_ADVANCE: dict[str, Any] = {
    "id": "01KBND7Y5B0E3G6J9M2P4R7T0V",
    "kind": "advance",
    "bills": [],
    "amount": "100.00",
    "received": "100.00",
    "change": "0.00",
    "credit": "100.00",
    "receiptNumber": "OR-MAIN-000124",
}
_DEPOSIT = _ADVANCE | {"kind": "deposit", "credit": "0.00", "deposit": "100.00"}
_STATEMENT_LINES: list[dict[str, Any]] = [
    {
        "bookedOn": "2025-11-05",
        "valueOn": "2025-11-05",
        "kind": "bill",
        "billIds": ["2025-11.2025110001.1"],
        "change": "275.00",
        "balance": "275.00",
        "dueOn": "2025-11-20",
        "origin": None,
        "reason": None,
    },
    {
        "bookedOn": "2025-11-18",
        "valueOn": "2025-11-18",
        "kind": "payment",
        "billIds": ["2025-11.2025110001.1"],
        "change": "-275.00",
        "balance": "0.00",
        "dueOn": None,
        "origin": _PAYMENT_ID,
        "reason": None,
    },
]
_ISSUE = {"id": "01KBN2F8M5R0T3V6X9Z1B4D7G0"}

_PAYMENT = _RECEIVED | {
    "id": _PAYMENT_ID,
    "kind": "payment",
    "bills": [_SHARE],
    "credit": "0.00",
    "bookedOn": "2025-11-18",
    "reference": None,
    "notes": None,
    "importId": None,
    "ledgerPosted": True,
    **dict.fromkeys(("reversalReason", "reversalNote", "reversedBy", "reversedByName", "reversedAt")),
}

# What fields of a schema hold, whatever their own schema's example says.
_NOT_HANDED_OVER: dict[str, Any] = dict.fromkeys(
    ("handedOver", "handedOverTo", "handedOverToName", "handedOverAt", "acceptedAt")
)
_JUST_OPENED: dict[str, Any] = (
    dict.fromkeys(("counted", "difference", "closedBy", "closedByName", "closedAt"))
    | _NOT_HANDED_OVER
    | {"status": "open"}
)
_DIGEST = "4528695e986270e0d6f2aec549e625db"
_CORRECTED: Mapping[str, Any] = {
    "readings": [{"readingId": "2025-11.2025110001", "reading": "1783"}],
    "reason": "Misread: 1783, not 1785",
}
_CROSSED: Mapping[str, Any] = {
    "accountNumbers": ["2025110001", "2025110002"],
    "from": "2025-11-01",
    "reason": "SM-12345 hangs next door",
}
_MISPLACED: Mapping[str, Any] = {
    "readingId": "2025-11.2025110001",
    "accountNumber": "2025110002",
    "reason": "Keyed on the neighbour's account",
}
_BASE_LINE: Mapping[str, Any] = {"code": "base", "label": "Base", "amount": "50.00"}
_CORRECTED_SIDE: Mapping[str, Any] = {
    "billId": "2025-11.2025110001.1r2",
    "previousReading": "1775",
    "currentReading": "1783",
    "usage": "8",
    "lines": [{"code": "use", "label": "Use", "amount": "180.00"}, _BASE_LINE],
    "total": "230.00",
    "paid": "0.00",
    "lateCharge": "0.00",
    "amountDue": "230.00",
    "dueOn": "2025-11-20",
}
_CORRECTION: Mapping[str, Any] = {
    "id": "01KBP2C5F8J1M4Q7T0W3Z6B9D2",
    "kind": "readings",
    "accountNumbers": ["2025110001"],
    "enteredReadingId": None,
    "difference": "-45.00",
    "reason": "Misread: 1783, not 1785",
    "correctedBy": _STAFF_ID,
    "correctedByName": "Ana Reyes",
    "correctedAt": "2025-11-06T02:00:00.000Z",
}
OF_SCHEMA: Mapping[str, Mapping[str, Any]] = {
    "AdjustmentOut": {
        "id": "01KBNAA7X4A9D2F5H8K0M3P6S9",
        "kind": "credit_note",
        "amount": "50.00",
        "reasonCode": "goodwill",
        "reason": "Dirty water for three days",
        "method": None,
        "dueOn": None,
        "formerDueOn": None,
        "leak": None,
        "state": "posted",
        "askedAt": "2025-11-10T02:00:00.000Z",
        "decidedAt": "2025-11-10T02:00:00.000Z",
        "decisionReason": None,
        "reversedBy": None,
        "reversedByName": None,
        "reversedAt": None,
        "reversalReason": None,
    },
    "AnnouncedPaymentOut": dict.fromkeys(
        ("notes", "received", "paymentId", "reason", "decidedBy", "decidedByName", "decidedAt")
    )
    | {
        "id": _ANNOUNCED_ID,
        "status": "pending",
        "amount": "275.00",
        "announcedBy": _CONSUMER_USER_ID,
        "announcedByName": "Juan Dela Cruz",
        "announcedAt": "2025-11-17T11:00:00.000Z",
    },
    "AreaOut": {"level": 2, "version": 1, "uses": 1, "createdAt": "2025-10-20T02:00:00.000Z"},
    "AuditEntryOut": {
        "action": "reading.corrected",
        "subject": {"kind": "reading", "id": "2025-11.2025110001"},
        "actorRole": "billing_officer",
        "before": {"reading": "1758", "usage": "-17"},
        "after": {"reading": "1785", "usage": "10"},
        "sessionId": _SESSION_ID,
    },
    "BillOut": _BILL
    | {
        "firstDay": "2025-10-05",
        "lastDay": "2025-11-04",
        "rounds": 1,
        "registers": [],
        "fiscal": {"year": 2025, "month": 11},
        "useExplained": ["1785 - 1775 = 10 m3"],
        "lines": _LINES,
        "issuedAt": "2025-11-05T03:00:12.000Z",
        "replaces": None,
        "voidedOn": None,
        "voidedBy": None,
        "voidedByName": None,
        "voidReason": None,
        "origin": "run",
        "runId": _RUN_ID,
        "issuedBy": None,
        "issuedByName": None,
        "importId": None,
        "chosenTariff": None,
        "reason": None,
        "waivedBy": None,
        "waivedByName": None,
        "waivedReason": None,
        "waivedAt": None,
    },
    "BankLineOut": {
        "id": "01KBNBK2L5N8Q1S4U7W0Y3A6C9",
        "line": 4,
        "accountNumber": None,
        "billId": None,
        "amount": "275.00",
        "paidOn": "2025-11-17",
        "reference": "TRX-20251117-004",
        "payer": "J. dela Cruz",
        "status": "waiting",
        "code": "no-match",
        "reason": "the line names neither a bill nor an account",
        "note": None,
        "decidedBy": None,
        "decidedByName": None,
        "decidedAt": None,
        "importedAt": "2025-11-18T01:30:00.000Z",
    },
    "BillSummary": _BILL | {"firstDay": "2025-10-05", "lastDay": "2025-11-04"},
    "BalanceOut": {"units": "1480", "commonArea": "35", "building": "1530", "loss": "15"},
    "CashCountOut": {
        "cash": "420.00",
        "expected": "420.00",
        "difference": "0.00",
        "denominations": {"100.00": 4, "20.00": 1},
        "countedAt": "2025-11-18T08:50:00.000Z",
    },
    "CashierSessionOut": {
        "id": "01KBN7Q4S1T8V5X2Z9B6D3F0H7",
        "status": "accepted",
        "desk": "MAIN",
        "cashierName": "Ana Reyes",
        "float": "100.00",
        "openedOn": "2025-11-18",
        "openedAt": "2025-11-18T00:05:00.000Z",
        "expected": "420.00",
        "counted": "420.00",
        "difference": "0.00",
        "reason": None,
        "closedAt": "2025-11-18T09:00:00.000Z",
        "handedOver": "320.00",
        "handedOverTo": "01KBMYX2B8E1H4K7N0Q3T6W9Z2",
        "handedOverToName": "Maria Santos",
        "handedOverAt": "2025-11-18T09:05:00.000Z",
        "acceptedAt": "2025-11-18T09:10:00.000Z",
    },
    "ChunkProgress": {"done": 8, "of": 8},
    "ClientFacts": _CLIENT_SETTINGS,
    "ClientFactsChange": _CLIENT_SETTINGS,
    "ClientOut": _CLIENT,
    "ClientOpened": {"login": "ana"},
    "ConfirmationsOut": {
        "confirmed": 48,
        "left": [{"readingId": "2025-11.2025110002", "reason": "the meter showed 140 before"}],
    },
    "ClosingOut": _CONNECTION | _CLOSED,
    "Closure": {"reason": "The house is torn down"},
    "ConnectionChange": {
        "installedOn": "2025-08-04",
        "tariffId": None,
        "from": "2025-12-01",
        "meterWrapsAt": None,
        "mainMeasure": None,
    },
    "ConnectionChanged": _CONNECTION | {"affectedBills": None},
    "ConnectionOut": _CONNECTION,
    "CorrectedReading": _NO_MORE_READ,
    "FactorsBody": {"version": 0},
    "FactorsOut": {"version": 1},
    "HandOver": {"reason": "He moved to Tagbilaran", "consumerId": _NEXT_CONSUMER_ID},
    "MeterExchange": {"meterNumber": "SM-22001", "multiplier": "1", "reason": "The meter is stuck"},
    "MeterInstallation": {"meterNumber": "SM-22001", "multiplier": "1", "reason": "All houses here get meters"},
    "MethodTotalsOut": {
        "method": "cash",
        "takenCount": 3,
        "taken": "320.00",
        "changeGiven": "30.00",
        "reversedCount": 0,
        "reversed": "0.00",
        "refundedCount": 0,
        "refunded": "0.00",
    },
    "NewConnection": {"meterNumber": "SM-12345", "multiplier": "1"},
    "NewConsumer": {"name": None},
    "ConsumerOut": {
        "name": "Juan Dela Cruz",
        "createdAt": "2025-11-03T01:30:00.000Z",
        "deletedAt": None,
        "email": "juan@example.com",
    },
    "BillLineOut": {"code": "use", "label": "Use", "amount": "180.00"},
    "BillSideOut": _CORRECTED_SIDE,
    "ChangedBillOut": {
        "billId": "2025-11.2025110001.1",
        "replacedBy": "2025-11.2025110001.1r2",
        "oldTotal": "275.00",
        "newTotal": "230.00",
        "difference": "-45.00",
    },
    "ChangedReadingOut": {"readingId": "2025-11.2025110001", "was": "1785", "reading": "1783"},
    "CorrectionOut": _CORRECTION,
    "ConsumerChange": {"name": None, "email": "juan@example.com"},
    "CrossedMeters": _CROSSED,
    "CycleChange": {"active": True},
    "CycleOut": {"active": True, "used": True},
    "DeviceOut": {"id": "01KBN0C4H2M6P8S0V3X5Z7B9D1"},
    "EstimatesOut": {
        "estimated": 3,
        "left": [{"accountNumber": "2025110002", "reason": "there is no use yet to estimate by"}],
    },
    "EffectOut": {
        "paid": "275.00",
        "lateCharge": "0.00",
        "lateChargePaid": "0.00",
        "waived": "0.00",
        "credited": "0.00",
    },
    "EntryOut": {
        "id": f"{_PAYMENT_ID}.01",
        "kind": "payment",
        "valueOn": "2025-11-18",
        "bookedOn": "2025-11-18",
        "change": "-275.00",
        "credit": "0.00",
        "origin": _PAYMENT_ID,
        "reverses": None,
        "reason": None,
        "recordedAt": "2025-11-18T02:00:00.000Z",
    },
    "EventOut": {"id": "01KBN8P5V2Y7B0D3F6H8K1M4Q7", "reason": "Unpaid since August"},
    "FormerClientOut": {"version": 2},
    "FormerValueOut": {
        "reading": "1785",
        "registers": {},
        "readOn": "2025-11-05",
        "correctedAt": "2025-11-06T02:00:00.000Z",
        "reason": "Misread: 1783, not 1785",
        "correctionId": "01KBP2C5F8J1M4Q7T0W3Z6B9D2",
    },
    "FormerOut": {"version": 2},
    "ImportAnnounced": {"id": _IMPORT["id"]},
    "ImportOut": _IMPORT,
    "IssueLine": _ISSUE,
    "IssueOut": {
        **_ISSUE,
        "status": "taking_action",
        "changedAt": "2025-11-05T03:10:00.000Z",
        "responses": [
            {
                "id": "01KBN9R6W3Z8C1E4G7J9L2N5R8",
                "authorId": _STAFF_ID,
                "authorName": "Ana Reyes",
                "at": "2025-11-05T03:10:00.000Z",
                "text": "A plumber comes on Tuesday.",
                "status": "taking_action",
            }
        ],
    },
    "LateChargeBody": {"amount": "0.00"},
    "LateChargeChange": {"amount": "0.00"},
    "LeakOut": {
        "use": "125",
        "usualUse": "6",
        "units": "60",
        "amount": "1350.00",
        "total": "2862.50",
        "totalAfter": "1512.50",
    },
    "ListedProject": {"id": "waterworks", "label": "Waterworks"},
    "LoginMade": {"userId": _CONSUMER_USER_ID, "login": "juan"},
    "LoginOut": {
        "id": _SESSION_ID,
        "at": "2025-11-05T02:12:09.511Z",
        "method": "web",
        "userId": _STAFF_ID,
        "login": "ana",
        "address": "203.0.113.7",
        "endedAt": "2025-11-05T09:05:00.000Z",
        "endReason": "signed_out",
    },
    "MeOut": _STAFF | {"permissions": ["bills.generate", "bills.read", "readings.confirm", "readings.submit"]},
    "ClosedMonth": {"month": "2025-10"},
    "NewDeposit": {"amount": "100.00"},
    "NewSettlement": {"refundBy": "cash"},
    "NewStaff": {"login": "ana"},
    "NewCharge": {"code": "reconnection", "label": "Reconnection fee", "amount": "150.00", "reason": "Reconnected"},
    "NewCorrection": {**_CORRECTED, "digest": _DIGEST},
    "NewCrossedMeters": {**_CROSSED, "digest": _DIGEST},
    "NewCreditNote": {"amount": "50.00", "reasonCode": "goodwill", "reason": "Dirty water for three days"},
    "NewDueDay": {"dueOn": "2025-12-10", "reason": "Waits for her salary"},
    "NewLeakAllowance": {"usualUse": "6", "reason": "The pipe behind the meter burst"},
    "NewMisplacedReading": {**_MISPLACED, "digest": _DIGEST},
    "NewRefund": {"amount": "60.00", "method": "cash", "reason": "He moved out"},
    "NewRejection": {"reason": "The water was clean"},
    "NewWriteOff": {"reason": "Cannot be found"},
    "NewLogin": {"login": "juan"},
    "MisplacedReading": _MISPLACED,
    "NewVoid": {"reason": "Misread: 1783, not 1785"},
    "OutcomeOut": {"refusal": None},
    "OutcomesOut": {"taken": 1, "refused": 0},
    "MyPaymentOut": _PAYMENT | {"projectId": "waterworks", "projectLabel": "Waterworks"},
    "OwedBillOut": _OWED_BILL,
    "OwedOut": {"projectId": "waterworks", "on": "2025-11-18", "amountDue": "275.00", "credit": "0.00"},
    "OwedTotal": {"currency": "PHP", "amountDue": "275.00", "credit": "0.00"},
    "PaymentOut": _PAYMENT,
    "PreviewOut": {"digest": _DIGEST, "difference": "-45.00", "credit": "0.00"},
    "PreviewedBillOut": {
        "accountNumber": "2025110001",
        "period": "2025-11",
        "old": {
            **_CORRECTED_SIDE,
            "billId": "2025-11.2025110001.1",
            "currentReading": "1785",
            "usage": "10",
            "lines": [{"code": "use", "label": "Use", "amount": "225.00"}, _BASE_LINE],
            "total": "275.00",
            "amountDue": "275.00",
        },
        "new": _CORRECTED_SIDE,
        "difference": "-45.00",
    },
    "PushOut": {"flags": []},
    "ReadingOut": {
        **_NO_MORE_READ,
        "registers": [],
        "formerValues": [],
        "since": "2025-10-05",
        "rounds": 1,
        "status": "confirmed",
        "reason": None,
        "flags": [],
        "confirmedAt": "2025-11-05T02:45:00.000Z",
    },
    "ReadingsToCorrect": _CORRECTED,
    "ReceiptLine": {"label": "Waterworks, November 2025", "amount": "275.00", "original": None},
    "ReceiptOut": _RECEIVED | {"paymentId": _PAYMENT_ID, "issuer": "Balilihan Waterworks", "waivedByName": None},
    "RecountedOut": {
        "readingId": "2025-11.2025110001",
        "accountNumber": "2025110001",
        "was": "1785",
        "reading": "1783",
        "usageWas": "10",
        "usage": "8",
    },
    "Registered": {"userId": _CONSUMER_USER_ID, "login": "juan", "number": None, "role": "consumer"},
    "Registration": {"name": None, "email": "juan@example.com"},
    "Rejection": {"reason": "There is no pipe in this street yet."},
    "ReportLine": {
        "line": 17,
        "column": "reading",
        "code": "below-previous",
        "reason": "the meter showed 140 before",
    },
    "RequestOut": {"id": "01KBN6K2R9V4Y7A0C3E5G8J1M4", "askedBy": _CONSUMER_USER_ID, "askedByName": "Juan Dela Cruz"}
    | _UNDECIDED,
    "ResetAsked": {"goodMinutes": 60},
    "RoleOut": {
        "permissions": ["bills.generate", "bills.read", "readings.confirm", "readings.submit"],
        "builtIn": True,
    },
    "RunOut": {
        "id": _RUN_ID,
        "status": "complete",
        "readings": 49,
        "bills": 48,
        "exceptions": 1,
        "total": "13200.00",
        "billedOn": None,
        "dueOn": None,
        "startedAt": "2025-11-05T03:00:00.000Z",
        "completedAt": "2025-11-05T03:00:41.000Z",
        "waitingSince": None,
        "billingCycle": None,
    },
    "ExceptionOut": {"readingId": "2025-11.2025110002"},
    "BillingGroupBody": {
        "id": "villages",
        "name": "Villages",
        "areas": ["Magsija", "Cabad"],
        "classes": [],
        "months": 2,
        "firstMonth": 2,
        "fromPeriod": "2026-02",
        "untilPeriod": None,
    },
    "SettingsBody": _PROJECT_SETTINGS,
    "StatementOut": {
        "firstDay": "2025-11-01",
        "lastDay": "2025-11-30",
        "opening": "0.00",
        "lines": _STATEMENT_LINES,
        "closing": "0.00",
    },
    "SettingsChange": _PROJECT_SETTINGS,
    "QuoteOut": {"lines": _LINES, "total": "275.00"},
    "TariffBody": {
        **_SHEET,
        "charges": _CHARGES,
        "measures": [],
        "conversions": [],
        "rounding": {"line": None, "total": None},
    },
    "TariffOut": {"version": 1, "sealed": True, "affectedBills": None},
    "TariffShort": {**_SHEET, "id": "residential", "version": 1, "sealed": True},
    "AreaCountsOut": {"total": 51, "ready": 48, "waiting": 1, "notUpdated": 2},
    "VisitOut": {"accountNumber": "2025110003", "readerCode": "dog", "photo": None},
    "NewVisit": {"accountNumber": "2025110003"},
    "UnreadOut": {
        "accountNumber": "2025110003",
        "consumerName": "Pedro Santos",
        "meterNumber": "SM-12347",
        "previous": "820",
        "lastReadOn": "2025-10-05",
        "lastPeriod": "2025-10",
        "lastVisit": {
            "accountNumber": "2025110003",
            "period": "2025-11",
            "visitedOn": "2025-11-05",
            "readerCode": "dog",
            "photo": None,
            "notedBy": _STAFF_ID,
            "notedByName": "Ana Reyes",
            "notedAt": "2025-11-05T02:30:00.000Z",
        },
    },
    "UserDeleted": {name: _STAFF[name] for name in ("id", "login", "name", "role", "consumerId")}
    | {"status": "deleted", "deletedAt": "2025-11-28T08:00:00.000Z"},
    "UserOut": _STAFF,
    "VerificationOut": {
        "firstDay": "2025-10-20",
        "lastDay": "2025-11-04",
        "days": 16,
        "entries": 412,
        "firstMismatch": None,
        "nextDay": None,
    },
}

_WAITING_IMPORT = {
    "status": "awaiting_upload",
    "counts": dict.fromkeys(("rows", "accepted", "unchanged", "refused", "flagged", "blank"), 0),
    "finishedAt": None,
}
_JUST_REGISTERED = {"lastReading": "1755", "lastReadOn": None, "lastPeriod": None, "version": 1}
_REGISTRY = {"fileName": "registry.csv", "period": None}
_HISTORY = {"fileName": "history-2026.json", "period": None}
_BANK = {"fileName": "transfers-2025-11-18.csv", "period": None}
_PENDING = {"status": "pending", "confirmedBy": None, "confirmedByName": None, "confirmedAt": None}
_APPROVED = _DECIDED | {"status": "approved", "accountNumber": "2025110001"}
_DECIDED_ON_THE_18TH = {"decidedBy": _STAFF_ID, "decidedByName": "Ana Reyes", "decidedAt": "2025-11-18T01:40:00.000Z"}
_DELETED_ROLE = {"name": "meter_reader", "builtIn": False, "permissions": ["readings.submit"]}

# What the answer of an operation holds instead, at its top or in a field of an object in it.
OF_ANSWER: Mapping[str, Mapping[str, Any]] = {
    "open_cashier_session": _JUST_OPENED | {"methods": [], "lastCount": None, "expected": "100.00"},
    "count_cash": _JUST_OPENED,
    "close_cashier_session": _NOT_HANDED_OVER | {"status": "closed"},
    "hand_cash_over": {"status": "handed_over", "acceptedAt": None},
    "approve_request": _APPROVED,
    "ask_for_bank_upload": {"record": _BANK | _WAITING_IMPORT},
    "ask_for_history_upload": {"record": _HISTORY | _WAITING_IMPORT},
    "ask_for_registry_upload": {"record": _REGISTRY | _WAITING_IMPORT},
    "ask_for_upload": {"record": _WAITING_IMPORT},
    "assign_bank_line": _DECIDED_ON_THE_18TH | {"status": "assigned", "note": "He called"},
    "change_role_definition": _DELETED_ROLE,
    "change_areas": {"role": "meter_reader", "areas": ["Poblacion"]},
    "bill_reading": {"origin": "person", "runId": None, "issuedBy": _STAFF_ID, "issuedByName": "Ana Reyes"},
    "close_connection": {"status": "closed", "idleSince": "2025-11-28"},
    "close_month": {"booksClosedUntil": "2025-10-31"},
    "close_project": {"closed": True},
    "confirm_announced_payment": _DECIDED_ON_THE_18TH
    | {"status": "completed", "received": "275.00", "paymentId": _ANNOUNCED_ID},
    "define_role": _DELETED_ROLE,
    "delete_project": {"closed": True},
    "delete_role": _DELETED_ROLE,
    "delete_consumer": {"status": "deleted", "connections": 0, "deletedAt": "2025-11-28T08:00:00.000Z"},
    "disable_device": {"status": "disabled"},
    "dismiss_bank_line": _DECIDED_ON_THE_18TH | {"status": "dismissed", "note": "Rent of the hall"},
    "disconnect": {"status": "disconnected", "idleSince": "2025-11-05"},
    "exchange_meter": {"meterNumber": "SM-22001", "lastReading": "0", "installedOn": "2025-11-05"},
    "get_bank_import": _BANK,
    "get_history_import": _HISTORY,
    "get_registry_import": _REGISTRY,
    "hand_over": {
        "consumerId": _NEXT_CONSUMER_ID,
        "consumerName": "Pedro Santos",
        "facts": {"flags": [], "persons": None},
    },
    "install_meter": {
        "meterNumber": "SM-22001",
        "initialReading": "0",
        "lastReading": "0",
        "lastReadOn": None,
        "lastPeriod": None,
        "installedOn": "2025-11-05",
        "finalReadingId": None,
        "finalBillId": "2025-11.2025110001.0",
    },
    "open_area": {"uses": 0},
    "open_cycle": {"used": False, "projects": 0, "version": 1},
    "add_project": {"id": "electricity", "version": 1},
    "open_tariff": {"sealed": False},
    "adopt_tariff": {"id": "balilihan-residential", "sealed": False},
    "correct_tariff": {"sealed": False},
    "succeed_tariff": {"version": 2, "sealed": False},
    "record_advance": _ADVANCE,
    "record_deposit": _DEPOSIT,
    "register_connection": _JUST_REGISTERED,
    "register_consumer": {"connections": 0, "version": 1},
    "register_self": {"consumer": {"connections": 0, "version": 1}},
    "reject_announced_payment": _DECIDED_ON_THE_18TH | {"status": "failed", "reason": "Nobody came"},
    "reject_request": _DECIDED | {"status": "rejected", "reason": "There is no pipe in this street yet."},
    "report_issue": {"status": "pending", "changedAt": "2025-11-05T02:30:00.000Z", "responses": []},
    "reverse_payment": {
        "status": "reversed",
        "reversalReason": "typing_error",
        "reversalNote": "Entered twice",
        "reversedBy": _STAFF_ID,
        "reversedByName": "Ana Reyes",
        "reversedAt": "2025-11-18T02:10:00.000Z",
    },
    "move_misplaced_reading": {
        "kind": "misplaced_reading",
        "accountNumbers": ["2025110001", "2025110002"],
        "readings": [],
        "bills": [
            {
                "billId": "2025-11.2025110001.1",
                "replacedBy": None,
                "oldTotal": "275.00",
                "newTotal": "0.00",
                "difference": "-275.00",
            }
        ],
        "enteredReadingId": "2025-11.2025110002",
        "difference": "-275.00",
        "reason": "Keyed on the neighbour's account",
    },
    "swap_crossed_meters": {
        "kind": "crossed_meters",
        "accountNumbers": ["2025110001", "2025110002"],
        "reason": "SM-12345 hangs next door",
    },
    "void_bill": {
        "status": "voided",
        "credited": "275.00",
        "amountDue": "0.00",
        "voidedOn": "2025-11-06",
        "voidedBy": _STAFF_ID,
        "voidedByName": "Ana Reyes",
        "voidReason": "Misread: 1783, not 1785",
    },
    "settle_account": {"amountDue": "0.00", "credit": "0.00", "deposit": "0.00", "bills": []},
    "start_run": {
        "status": "planned",
        "chunks": {"done": 0, "of": 0},
        "readings": 0,
        "bills": 0,
        "exceptions": 0,
        "total": "0.00",
        "completedAt": None,
    },
    "take_reading": _PENDING,
    "use_credit": {
        "amountDue": "175.00",
        "bills": [
            _OWED_BILL | {"paid": "100.00", "principalDue": "175.00", "amountDue": "175.00", "status": "partial"}
        ],
    },
    "withdraw_reading": {"status": "withdrawn", "reason": "Keyed on the neighbour's account"},
    "withdraw_request": {
        "status": "withdrawn",
        "decidedBy": _CONSUMER_USER_ID,
        "decidedByName": "Juan Dela Cruz",
        "decidedAt": "2025-11-05T03:10:00.000Z",
    },
}
# What the items of a list hold instead.
OF_ITEMS: Mapping[str, Mapping[str, Any]] = {
    "get_bank_report": {
        "line": 4,
        "kind": "flagged",
        "column": "",
        "code": "no-match",
        "reason": "the line names neither a bill nor an account",
    },
    "get_history_report": {
        "column": "months[0].units.2025110001.prior",
        "reason": "the month before ended at 140; correct one of the two",
    },
    "get_registry_report": {
        "column": "Barangay",
        "code": "unknown-area",
        "reason": "there is no area with the code Poblasion; see /api/clients/{clientId}/areas",
    },
    "list_bank_imports": _BANK,
    "list_history_imports": _HISTORY,
    "list_pending": _PENDING,
    "list_registry_imports": _REGISTRY,
}

REQUEST_ID = "01KBN3G9N6S1V4X7Z0B2D5F8H1"
# Refusals as examples, the likeliest first: the field at fault, if one is, and the message.
REFUSED: Mapping[str, tuple[str | None, str]] = {
    "invalid-body": ("nickname", "This operation does not know this field: leave it out."),
    "bad-cursor": ("cursor", "this cursor does not belong to this list; start again without it"),
    "invalid-query": ("period", "Write a month like 2025-11."),
    "unknown-parameter": ("page", "This operation takes no parameters in its URL."),
    "bad-idempotency-key": ("Idempotency-Key", "Use 1 to 128 printable ASCII characters."),
    "bad-login": (None, "client, login name or password is wrong"),
    "bad-refresh-token": (None, "this refresh token is not valid; sign in again"),
    "bad-signature": (None, "the request is not signed by an active device with its newest key and the present time"),
    "bad-ticket": (None, "this ticket is not valid; ask the operator for another"),
    "bad-token": (None, "this token is not valid; sign in again"),
    "forbidden": (None, "your role does not include the permission that this needs; ask an administrator"),
    "no-self-registration": (None, "this client registers its consumers itself; ask the utility"),
    "not-found": (None, "there is nothing with this id"),
    "no-such-project": (None, "the client has no such project"),
    "no-connection": ("meterNumber", "there is no connection with this meter number; register it first"),
    "session-closed": (None, "this cashier session is closed"),
    "session-open": (None, "you have a cashier session open; close it first"),
    "changed": (None, "somebody changed this at the same moment; reload and retry"),
    "email-taken": ("email", "this e-mail address is registered here; ask for a new password by mail"),
    "login-taken": ("login", "another user has this login name; give another"),
    "already-read": (None, "the period has a reading already; correct it instead"),
    "below-previous": ("reading", "the meter showed 1775 before; correct the reading, or send rolledOver"),
    "brand-taken": ("id", "another meter brand has this id; choose another"),
    "brand-used": (None, "connections have this meter brand; give their meters another brand first"),
    "too-many-mappings": (None, "a project has at most 100 mappings; delete one first"),
    "area-taken": ("code", "another area has this code; choose another"),
    "area-used": (None, "connections are in this area; move them first"),
    "cycle-taken": ("id", "another billing cycle has this id; choose another"),
    "cycle-used": (None, "readings have used this billing cycle; set it inactive instead"),
    "account-taken": ("accountNumber", "this account number is in use; give another"),
    "ambiguous-meter": ("meterNumber", "meters of two brands have this number; give the account number"),
    "already-decided": (None, "this request is decided; make a new one"),
    "billed": (None, "the reading is billed"),
    "no-reading": ("billId", "bill 2025-11.2025110001.0 has no reading: there is no use to lower"),
    "fixed-role": (None, "this role can't be changed; define one with another name"),
    "role-used": (None, "users have this role; give them another first"),
    "tariff-between": (None, "a version of this tariff lies between; correct that one"),
    "tariff-changed": (None, "somebody changed the tariffs at the same moment; reload and retry"),
    "in-progress": (None, "a request with this Idempotency-Key is being worked on; send it again in a moment"),
    "too-large": (None, "the body is larger than 1 MB"),
    "not-json": (None, "send the body as Content-Type: application/json"),
    "key-reused": ("Idempotency-Key", "this key belongs to another request; choose a new one"),
    "too-many-tries": (None, "too many wrong passwords; wait, and try again"),
    "too-many-resets": (None, "too many mails were asked for; wait an hour"),
    "too-many-registrations": (None, "too many registrations; wait an hour"),
    "internal": (None, "something went wrong on our side; it is logged"),
    "busy": (None, "the store is busy; nothing was lost, try again in a moment"),
}


def told(operation: str, example: dict[str, Any]) -> dict[str, Any]:
    """Return an operation's answer as the story has it."""
    changed = OF_ANSWER.get(operation, {})
    merged = {
        name: value | changed[name] if isinstance(changed.get(name), dict) and isinstance(value, dict) else value
        for name, value in (example | {name: one for name, one in changed.items() if not isinstance(one, dict)}).items()
    }
    if operation in OF_ITEMS:
        merged["items"] = [one | OF_ITEMS[operation] for one in merged["items"]]
    return merged
