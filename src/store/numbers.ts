/** Numbers that grow. */
export class Numbers {
  #values = new Float64Array(1 << 12);
  length = 0;

  push(value: number): void {
    if (this.length === this.#values.length) {
      const grown = new Float64Array(this.length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.length++] = value;
  }

  get values(): Float64Array {
    return this.#values.subarray(0, this.length);
  }

  /** A copy of them; the next ones begin anew. */
  take(): Float64Array<ArrayBuffer> {
    const taken = this.#values.slice(0, this.length);
    this.length = 0;
    return taken;
  }
}
