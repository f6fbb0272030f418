// Focus: who had it before the widget took it, so that Esc can give it back.

export class Focus {
  #before: HTMLElement | null = null;

  constructor(
    readonly root: HTMLElement,
    readonly home: HTMLElement,
    signal: AbortSignal,
  ) {
    root.addEventListener(
      "focusin",
      ({ relatedTarget }) => {
        const outside = relatedTarget instanceof HTMLElement && !root.contains(relatedTarget);
        if (outside) this.#before = relatedTarget;
      },
      { signal },
    );
  }

  take(): void {
    this.home.focus({ preventScroll: true });
  }

  /** To the notebook the widget stands in, else to whatever had the focus before. */
  giveBack(): void {
    const notebook = this.root.closest<HTMLElement>(".jp-Notebook");
    const next = notebook ?? (this.#before?.isConnected ? this.#before : null);
    const { activeElement } = this.root.getRootNode() as Document | ShadowRoot;
    if (activeElement instanceof HTMLElement && this.root.contains(activeElement))
      activeElement.blur();
    next?.focus({ preventScroll: true });
  }
}
