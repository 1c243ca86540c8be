import { CliError } from './failure.ts';

/** An export as the API describes it; only what the command looks at. */
export interface ExportStatus {
  id: number;
  name: string;
  state: string;
  url: string;
  download_url: string | null;
  progress: number | null;
  size_zipped: number | null;
  sha256: string | null;
  warnings: string[];
  error: { message: string } | null;
  stages: { name: string; progress: number }[];
}

/** A site that did not answer; it may be starting. */
export class UnreachableError extends CliError {}

/** Talks to a Geocrate site as any client of its API does. */
export class ApiClient {
  readonly base: string;
  readonly #token: string;

  constructor(server: string, token: string) {
    this.base = `${server.replace(/\/+$/, '')}/services/api/v1`;
    this.#token = token;
  }

  /** The body of a resource. @throws {UnreachableError}; {CliError} with the server's own sentence. */
  async json<T>(method: string, url: string, body?: unknown): Promise<T> {
    const response = await this.fetch(method, url, body);
    const text = await response.text().catch((error) => {
      throw unreachable(url, error);
    });
    const answer = parsed(text);
    if (response.ok && answer !== undefined) return answer as T;
    throw new CliError(sentence(answer) ?? `${url} answered ${response.status}, and not as a Geocrate site does. Look at --server.`);
  }

  /** The address of an archive, which needs no token. */
  async downloadAddress(status: ExportStatus): Promise<string> {
    if (!status.download_url) throw new CliError(`There is nothing to download: the state is ${status.state}.`);
    const response = await this.fetch('GET', status.download_url);
    await response.body?.cancel();
    const location = response.headers.get('location');
    if (response.status !== 302 || !location) throw new CliError(`The download's address could not be had (${response.status}).`);
    return new URL(location, status.download_url).href;
  }

  private async fetch(method: string, url: string, body?: unknown): Promise<Response> {
    const headers: Record<string, string> = { Authorization: `key ${this.#token}`, Accept: 'application/json' };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    try {
      return await fetch(url, { method, headers, redirect: 'manual', ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    } catch (error) {
      throw unreachable(url, error);
    }
  }
}

function unreachable(url: string, error: unknown): UnreachableError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
  return new UnreachableError(`${new URL(url).origin} cannot be reached: ${cause}.`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the server said was wrong: its detail, or each field's sentences. */
function sentence(answer: unknown): string | null {
  if (typeof answer !== 'object' || answer === null) return null;
  if ('detail' in answer && typeof answer.detail === 'string') return answer.detail;
  if (!('errors' in answer) || typeof answer.errors !== 'object' || answer.errors === null) return null;
  const lines = Object.entries(answer.errors).map(
    ([path, sentences]) => `${path}: ${Array.isArray(sentences) ? sentences.join(' ') : sentences}`,
  );
  return `The request is not valid.\n  ${lines.join('\n  ')}`;
}
