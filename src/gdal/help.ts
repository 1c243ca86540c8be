/** Others who may do some of the work, unit by unit. */
export interface Help<Made> {
  /** Whether a unit is to be made here; false: somebody else has it. From then on nobody else takes it. */
  keep(unit: number): Promise<boolean>;
  /** What somebody else has made of a unit, once that is there; null: nothing, so that it is to be made here. */
  made(unit: number): Promise<Made | null>;
}

/** Makes units one after the other: those that nobody else has, then those that others had and did not make. */
export async function withHelp<Made>(
  units: readonly number[],
  help: Help<Made>,
  make: (unit: number) => Promise<void>,
  take: (unit: number, made: Made) => void,
): Promise<void> {
  const elsewhere: number[] = [];
  for (const unit of units) {
    if (await help.keep(unit)) await make(unit);
    else elsewhere.push(unit);
  }
  for (const unit of elsewhere) {
    const made = await help.made(unit);
    if (made) take(unit, made);
    else await make(unit);
  }
}
