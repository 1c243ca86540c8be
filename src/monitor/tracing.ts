import { hostname } from 'node:os';
import {
  type Context,
  createTraceState,
  DiagLogLevel,
  diag,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';
import type { TracingConfig } from '../config.ts';
import type { AttemptRecord } from '../exports/attempt.ts';
import type { AnsweredRequest, RequestTrace, TraceHeaders } from './trace.ts';

/** How long spans wait until they are sent with others. */
const SEND_MS = 2000;
/** How long sending may take; a process that ends waits no longer for it either. */
const SENDING_MS = 5000;
/** How often it is said at most that traces could not be sent. */
const SAY_MS = 60_000;

/**
 * Sends OpenTelemetry traces by OTLP over HTTP. This file and the packages that it imports are loaded only where traces are configured. Nothing is
 * registered globally: spans get their parents and times from what is told here.
 */
export class Tracing {
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;

  /** Where spans go, and with which headers, the exporter reads in the environment itself (`OTEL_EXPORTER_OTLP_…`). */
  constructor({ sampler, ratio }: TracingConfig, version: string, log: Logger) {
    let said = Number.NEGATIVE_INFINITY;
    const say = (message: string) => {
      if (performance.now() - said < SAY_MS) return;
      said = performance.now();
      log.warn({ reason: reasonOf(message) }, 'traces could not be sent');
    };
    diag.setLogger({ error: say, warn: say, info() {}, debug() {}, verbose() {} }, DiagLogLevel.ERROR);
    const own = resourceFromAttributes({
      'service.name': 'geocrate',
      'service.version': version,
      'service.instance.id': `${hostname()}/${process.pid}`,
    });
    this.#provider = new TracerProvider({
      resource: own.merge(detectResources({ detectors: [envDetector] })),
      sampler: samplerOf(sampler, ratio),
      spanProcessors: [
        new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), scheduledDelayMillis: SEND_MS, exportTimeoutMillis: SENDING_MS }),
      ],
    });
    this.#tracer = this.#provider.getTracer('geocrate', version);
  }

  /** A request begins, with its headers `traceparent` and `tracestate` where it has them. */
  request(headers: TraceHeaders): RequestTrace {
    const span = this.#tracer.startSpan('request', { kind: SpanKind.SERVER }, parentOf(headers));
    return {
      traceparent: traceparentOf(span.spanContext()),
      ended({ id, method, route, path, status, exportId, to }: AnsweredRequest): void {
        span.updateName(route === null ? method : `${method} ${route}`);
        span.setAttributes({
          'http.request.method': method,
          ...(route === null ? {} : { 'http.route': route }),
          'url.path': path,
          'http.response.status_code': status,
          'geocrate.request.id': id,
          ...(exportId === null ? {} : { 'geocrate.export.id': exportId }),
        });
        if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end(to);
      },
    };
  }

  /** An attempt to make an export, or a unit of one, has ended: a span, with one for each of its stages, in the trace of the request that asked for the export. */
  attempt(
    { exportId, trace: traceparent, from, to, waited, outcome, code, bytes, reused, stages }: AttemptRecord,
    name: 'make export' | 'make unit' = 'make export',
  ): void {
    const parent = parentOf({ traceparent: traceparent ?? undefined });
    const attributes = { 'geocrate.export.id': exportId };
    if (waited !== null) {
      this.#tracer.startSpan('wait', { kind: SpanKind.CONSUMER, startTime: from - waited, attributes }, parent).end(from);
    }
    const span = this.#tracer.startSpan(
      name,
      {
        kind: SpanKind.CONSUMER,
        startTime: from,
        attributes: {
          ...attributes,
          'geocrate.outcome': outcome,
          'geocrate.archive.bytes': bytes,
          ...(reused === null ? {} : { 'geocrate.archive.reused': reused }),
          ...(code === null ? {} : { 'error.type': code }),
        },
      },
      parent,
    );
    if (outcome === 'error') span.setStatus({ code: SpanStatusCode.ERROR });
    const within = trace.setSpan(parent, span);
    for (const { name, item, from: startTime, to: end } of stages) {
      const ofStage = { ...attributes, ...(item === null ? {} : { 'geocrate.item': item }) };
      this.#tracer.startSpan(name, { startTime, attributes: ofStage }, within).end(end);
    }
    span.end(to);
  }

  /** Sends what waits, unless that takes too long. */
  async close(): Promise<void> {
    await this.#provider.shutdown().catch(() => {});
  }
}

/** The SDK tells errors as JSON. */
function reasonOf(message: string): string {
  try {
    return String(JSON.parse(message).message ?? message);
  } catch {
    return message;
  }
}

function samplerOf(name: TracingConfig['sampler'], ratio: number): Sampler {
  const [, isParentBased, kind] = /^(parentbased_)?(.*)$/.exec(name) ?? [];
  const root =
    kind === 'always_off' ? new AlwaysOffSampler() : kind === 'traceidratio' ? new TraceIdRatioBasedSampler(ratio) : new AlwaysOnSampler();
  return isParentBased ? new ParentBasedSampler({ root }) : root;
}

/** W3C Trace Context, section 3.2: version, trace id, parent id, flags; later versions may have more. */
const TRACEPARENT = /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(-.*)?$/;

function parentOf({ traceparent, tracestate }: TraceHeaders): Context {
  const [, version, traceId, spanId, flags, more] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (!traceId || !spanId || !flags || (version === '00' && more !== undefined)) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & 1,
    isRemote: true,
    ...(tracestate === undefined ? {} : { traceState: createTraceState(tracestate) }),
  });
}

function traceparentOf({ traceId, spanId, traceFlags }: { traceId: string; spanId: string; traceFlags: number }): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}
