import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Icon } from './icon.tsx';

/** A place that files can be dropped on: what it listens to, and whether a file is held over it. */
export function useFileDrop(take: (file: File) => void) {
  const [over, setOver] = useState(false);
  const listeners = {
    onDragOver: (event: DragEvent) => {
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      const file = event.dataTransfer?.files[0];
      if (file) take(file);
    },
  };
  return { over, listeners };
}

interface FileButtonProps {
  icon: 'file' | 'upload';
  /** More classes. */
  look?: string;
  /** What files there may be; any unless told. */
  accept?: string;
  /** The element that tells what was wrong. */
  describedBy?: string;
  take: (file: File) => void;
  children: ComponentChildren;
}

/** A button that asks for a file; the same one can be chosen again. */
export function FileButton({ icon, look = '', accept, describedBy, take, children }: FileButtonProps) {
  return (
    <label class={`button file-button ${look}`}>
      <Icon name={icon} size={18} /> {children}
      <input
        type="file"
        accept={accept}
        aria-describedby={describedBy}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = '';
          if (file) take(file);
        }}
      />
    </label>
  );
}
