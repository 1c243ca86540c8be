import { type Logger, pino } from 'pino';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What this process writes down: a line of JSON each, to its standard error. */
export function openLog(level: LogLevel): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: (error: unknown) => described(error) },
      // Handlers pass errors and ids; should one ever pass more, these stay out.
      redact: ['authorization', 'cookie', 'token', 'key', 'password', '*.authorization', '*.cookie', '*.token', '*.key', '*.password'],
    },
    pino.destination({ fd: 2, sync: true }),
  );
}

/** What an error says of itself. Its other properties may hold what was sent or asked for: a client's headers, a statement's values. */
function described(error: unknown): object {
  if (!(error instanceof Error)) return { message: withoutSecrets(String(error)) };
  const { name, message, stack } = error;
  return {
    type: name,
    message: withoutSecrets(message),
    ...('code' in error ? { code: error.code } : {}),
    ...(stack === undefined ? {} : { stack: withoutSecrets(stack) }),
    ...(error.cause === undefined ? {} : { cause: described(error.cause) }),
  };
}

/** Takes passwords out of addresses, and keys and signatures out of their queries. */
function withoutSecrets(text: string): string {
  return text
    .replace(/(\w+:\/\/[^\s:/@]*):[^\s/@]+@/g, '$1:…@')
    .replace(/([?&](?:key|signature|x-amz-signature|x-amz-credential|x-amz-security-token)=)[^&\s"']+/gi, '$1…');
}
