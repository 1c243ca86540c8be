/** Of a request that came, as W3C Trace Context has them. */
export interface TraceHeaders {
  traceparent?: string | undefined;
  tracestate?: string | undefined;
}

/** What is told of a request once it was answered. */
export interface AnsweredRequest {
  id: string;
  method: string;
  /** The pattern of its route; null: there is none. */
  route: string | null;
  /** Without its query, which may hold keys. */
  path: string;
  status: number;
  /** When it began and ended, in milliseconds since 1970. */
  from: number;
  to: number;
  exportId: number | null;
}

/** The span of a request that is being answered. */
export interface RequestTrace {
  /** What the trace goes on from: `00-<trace id>-<span id>-<flags>`. */
  traceparent: string;
  ended(request: AnsweredRequest): void;
}
