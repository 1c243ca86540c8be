import { createServer, type Server } from 'node:http';

/** Where users have webhooks go; remembers what they were told. */
export class Hooks {
  /** The states that were told of each export, by its id. */
  readonly told = new Map<number, string[]>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer(async (request, answer) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      const { id, state } = JSON.parse(text);
      this.told.set(id, [...(this.told.get(id) ?? []), state]);
      answer.writeHead(204).end();
    });
  }

  static async open(): Promise<Hooks> {
    const hooks = new Hooks();
    await new Promise<void>((resolve) => hooks.#server.listen(0, '127.0.0.1', resolve));
    return hooks;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
