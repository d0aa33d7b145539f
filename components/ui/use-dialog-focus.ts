import { useRef } from 'react';
import { focusSafeButton } from '@/components/ui/dialog-frame';

/**
 * Where focus goes with a dialog: to the safe button when it opens, and back to what opened it when it
 * closes. Our dialogs have no trigger of their own, so that without this it would be left nowhere.
 */
export function useDialogFocus() {
  const content = useRef<HTMLDivElement>(null);
  const opener = useRef<Element>(null);
  return {
    ref: content,
    onOpenAutoFocus(event: Event) {
      opener.current = document.activeElement;
      if (focusSafeButton(content.current)) event.preventDefault();
    },
    onCloseAutoFocus(event: Event) {
      event.preventDefault();
      if (opener.current instanceof HTMLElement) opener.current.focus();
    },
  };
}
