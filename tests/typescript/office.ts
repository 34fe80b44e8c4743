// What a front end does in an office, written against the generated types (api.ts). It is compiled and never run.
import createClient from "openapi-fetch";
import type { components, paths } from "./api";

type Bill = components["schemas"]["BillSummary"];
type Problem = components["schemas"]["Problem"];

const api = createClient<paths>({ baseUrl: "https://meterbook.example" });

/** Say a refusal to a person, field by field. */
function told(problem: Problem): string {
  return problem.errors.map((fault) => `${fault.field ?? "request"}: ${fault.message}`).join("\n") || problem.detail;
}

async function signIn(clientId: string, login: string, password: string): Promise<string> {
  const { data, error } = await api.POST("/api/auth/login", { body: { clientId, login, password } });
  if (error) throw new Error(told(error));
  return data.accessToken;
}

async function billsOf(token: string, period: string): Promise<Bill[]> {
  const bills: Bill[] = [];
  let cursor: string | null = null;
  do {
    const asked: { period: string; limit: number; cursor?: string } = { period, limit: 200 };
    if (cursor) asked.cursor = cursor;
    const { data, error } = await api.GET("/api/clients/{clientId}/projects/{projectId}/bills", {
      params: { path: { clientId: "balilihan", projectId: "waterworks" }, query: asked },
      headers: { Authorization: `Bearer ${token}` },
    });
    if (error) throw new Error(told(error));
    bills.push(...data.items);
    cursor = data.nextCursor;
  } while (cursor);
  return bills;
}

async function register(token: string): Promise<string> {
  const { data, error, response } = await api.POST("/api/clients/{clientId}/consumers", {
    params: { path: { clientId: "balilihan" }, header: { "Idempotency-Key": "counter-1-17" } },
    body: { firstName: "Juan", lastName: "Dela Cruz" },
    headers: { Authorization: `Bearer ${token}` },
  });
  if (error) throw new Error(told(error));
  return response.headers.get("Location") ?? data.id;
}

export async function main(): Promise<void> {
  const token = await signIn("balilihan", "admin", "secret");
  const unpaid = (await billsOf(token, "2025-11")).filter((bill) => bill.status === "overdue");
  for (const bill of unpaid) console.log(bill.accountNumber, bill.amountDue, bill.currency);
  await register(token);
}

// What the types must refuse. Each of these lines is an error, or this file does not compile.
export function refused(): void {
  // @ts-expect-error there is no such path
  void api.GET("/api/clients/{clientId}/bill");
  // @ts-expect-error the path's names are needed
  void api.GET("/api/clients/{clientId}/projects/{projectId}/bills", { params: { query: { period: "2025-11" } } });
  // @ts-expect-error a field is missing
  void api.POST("/api/auth/login", { body: { client: "balilihan", login: "admin" } });
  // @ts-expect-error a field is of another kind
  void api.POST("/api/auth/login", { body: { client: "balilihan", login: "admin", password: 7 } });
  // @ts-expect-error no bill has this status
  void ((bill: Bill) => bill.status === "late");
}
