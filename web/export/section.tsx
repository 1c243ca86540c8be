import type { ComponentChildren } from 'preact';

/** One step of the export dialogue. */
export function Section({ id, number, title, children }: { id: string; number: number; title: string; children: ComponentChildren }) {
  return (
    <section class={`step step-${id}`} aria-labelledby={`step-${id}`}>
      <h2 id={`step-${id}`}>
        <span class="step-number" aria-hidden="true">
          {number}
        </span>
        {title}
      </h2>
      <div class="step-body">{children}</div>
    </section>
  );
}
