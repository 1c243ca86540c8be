declare module 'bidi-js' {
  interface Bidi {
    /** `levels` has one for each UTF-16 unit; odd ones run from right to left. */
    getEmbeddingLevels(text: string, direction?: 'ltr' | 'rtl'): { levels: Uint8Array };
  }
  const bidiFactory: () => Bidi;
  export = bidiFactory;
}
