/** Others who may do some of the work, unit by unit. */
export interface Help<Unit, Made> {
  /** Whether a unit is to be made here; false: somebody else has it. From then on nobody else takes it. */
  keep(unit: Unit): Promise<boolean>;
  /** What somebody else has made of a unit, once that is there; null: nothing, so that it is to be made here. */
  made(unit: Unit): Promise<Made | null>;
}

/** Makes units one after the other: those that nobody else has, then those that others had and did not make. */
export async function withHelp<Unit, Made>(
  units: readonly Unit[],
  help: Help<Unit, Made>,
  make: (unit: Unit) => Promise<void>,
  take: (unit: Unit, made: Made) => void,
): Promise<void> {
  const elsewhere: Unit[] = [];
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
