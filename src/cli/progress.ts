import cliProgress from 'cli-progress';
import { plain } from './plain.ts';

export interface ProgressBar {
  /** `fraction` is 0..1; `label` says what is being done. */
  update(fraction: number, label?: string): void;
  stop(): void;
}

/** A progress bar on the standard error; where that is no terminal, a line every ten percent. */
export function progressBar(label: string): ProgressBar {
  if (!process.stderr.isTTY) return progressLines(label);
  const bar = new cliProgress.SingleBar({
    format: '{label} [{bar}] {percentage}% {eta_formatted}',
    stream: process.stderr,
    hideCursor: true,
    barsize: 30,
    etaBuffer: 20,
  });
  bar.start(1000, 0, { label });
  let stopped = false;
  return {
    update: (fraction, now) => bar.update(Math.round(fraction * 1000), now ? { label: plain(now) } : {}),
    stop() {
      if (!stopped) bar.stop();
      stopped = true;
    },
  };
}

function progressLines(label: string): ProgressBar {
  let next = 0;
  return {
    update(fraction, now) {
      if (fraction * 100 < next) return;
      process.stderr.write(`${plain(now ?? label)} ${Math.floor(fraction * 100)}%\n`);
      next = Math.floor(fraction * 10) * 10 + 10;
    },
    stop() {},
  };
}
