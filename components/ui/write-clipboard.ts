/**
 * Puts text on the clipboard. Resolves to whether it worked: the browser offers its clipboard only
 * on https and localhost, and a console inside a company network may be on neither.
 */
export async function writeClipboard(text: string): Promise<boolean> {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return copyBySelection(text);
    }
  }
  return copyBySelection(text);
}

function copyBySelection(text: string): boolean {
  const focused = document.activeElement;
  const holder = document.createElement('textarea');
  holder.value = text;
  holder.readOnly = true;
  holder.style.cssText = 'position:fixed;inset:0 auto auto 0;opacity:0';
  // Inside the dialog, if one is open: its focus trap would take the selection away elsewhere.
  (focused?.closest('[role=dialog],[role=alertdialog]') ?? document.body).append(holder);
  holder.select();
  const copied = document.execCommand('copy');
  holder.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return copied;
}
