// The workbench as a person sees it. Everything is found by role, label or text where VS Code gives one, so
// that a test reads like what the person does.
import type { Locator, Page } from 'playwright-core';

export class Workbench {
  readonly page: Page;
  /** What opened the list that is chosen from next. */
  #ask: (() => Promise<void>) | undefined;

  constructor(page: Page) {
    this.page = page;
  }

  /** Waits until the workbench and its extension host can be used. */
  async ready(): Promise<void> {
    await this.page.locator('.monaco-workbench').waitFor({ timeout: 60_000 });
    await this.page.locator('.activitybar .action-item').first().waitFor({ timeout: 60_000 });
  }

  // Activity bar and views

  async openActivity(name: string): Promise<void> {
    const item = this.page.locator('.activitybar').getByRole('tab', { name: new RegExp(`^${escape(name)}`) });
    if ((await item.getAttribute('aria-selected')) !== 'true') await item.locator('a').first().click();
    await this.sideBar
      .getByRole('heading', { name: new RegExp(escape(name), 'i') })
      .first()
      .waitFor();
  }

  get sideBar(): Locator {
    return this.page.locator('.part.sidebar');
  }

  /** One view of the side bar, by its title. A view that is alone in its place shows no header. */
  view(title: string): Locator {
    const heading = this.page.locator('.pane-header h3.title').getByText(title, { exact: true });
    return this.sideBar.locator('.pane').filter({ has: heading });
  }

  async expandView(title: string): Promise<void> {
    const header = this.view(title).locator('.pane-header');
    if ((await header.getAttribute('aria-expanded')) === 'false') await header.click();
  }

  // Trees

  /** Rows that are rendered, whose label starts with, or matches, the name. */
  row(name: string | RegExp, within: Locator = this.sideBar): Locator {
    const pattern = typeof name === 'string' ? new RegExp(`^\\s*${escape(name)}(?![\\w.-])`) : name;
    return within
      .locator('.monaco-list-row')
      .filter({ has: this.page.locator('.label-name, .monaco-icon-label', { hasText: pattern }) })
      .first();
  }

  async expandRow(name: string | RegExp, within?: Locator): Promise<Locator> {
    const row = this.row(name, within);
    await row.waitFor();
    if ((await row.getAttribute('aria-expanded')) === 'false') {
      await this.#click(row, '.monaco-tl-twistie');
      await row.and(this.page.locator('[aria-expanded="true"]')).waitFor();
    }
    return row;
  }

  async clickRow(name: string | RegExp, within?: Locator): Promise<void> {
    await this.#click(this.row(name, within));
  }

  async foldRow(name: string | RegExp, within?: Locator): Promise<void> {
    await this.#click(this.row(name, within), '.monaco-tl-twistie');
  }

  async #click(row: Locator, part?: string): Promise<void> {
    await row.waitFor();
    await this.#bringIntoView(row);
    await (part === undefined ? row : row.locator(part)).click();
  }

  /** Turns the wheel where the row is half below the title of the next view: it is in the page then, and takes no click. */
  async #bringIntoView(row: Locator): Promise<void> {
    const list = row.locator('xpath=ancestor::div[contains(concat(" ", @class, " "), " monaco-list ")]');
    for (let turn = 0; turn < 20; turn++) {
      const [whole, seen] = [await row.boundingBox(), await list.boundingBox()];
      if (whole === null || seen === null) return;
      const below = whole.y + whole.height - (seen.y + seen.height);
      const above = seen.y - whole.y;
      if (below < 1 && above < 1) return;
      await list.hover({ position: { x: seen.width / 2, y: 5 } });
      await this.page.mouse.wheel(0, below >= 1 ? below : -above);
      await this.page.waitForTimeout(50);
    }
  }

  /** The rendered rows, top to bottom, each as its label and, after two spaces, its description. */
  async rows(within: Locator = this.sideBar): Promise<string[]> {
    return labelsFromTop(within.locator('.monaco-list-row'));
  }

  async chooseFromContextMenu(row: Locator, label: string): Promise<void> {
    await row.waitFor();
    await this.#bringIntoView(row);
    await row.click({ button: 'right' });
    const item = this.menuItem(label);
    await item.hover();
    // A menu takes no click in its first moments, lest it take the one that opened it.
    await this.page.waitForTimeout(300);
    await item.click();
    await item.waitFor({ state: 'hidden' });
    this.#ask = () => this.chooseFromContextMenu(row, label);
  }

  /** An item of the open context menu; its accessible name would hold the key binding too. */
  menuItem(label: string): Locator {
    const exact = this.page.locator('.action-label').getByText(label, { exact: true });
    const own = this.page.locator(`.action-label[aria-label="${label}"]`);
    return this.page.locator('.monaco-menu .action-menu-item').filter({ has: exact.or(own) });
  }

  // Command palette and quick picks

  async runCommand(title: string): Promise<void> {
    await this.#fillPalette(`>${title}`);
    await this.quickPickItem(title).click();
    this.#ask = () => this.runCommand(title);
  }

  /** Presses again where the input that was seen is one that an earlier command was just closing. */
  async #fillPalette(text: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      await this.page.keyboard.press('F1');
      try {
        await this.quickInput.fill(text, { timeout: 5000 });
        return;
      } catch (error) {
        if (attempt === 4) throw error;
      }
    }
  }

  get quickInput(): Locator {
    return this.page
      .locator('.quick-input-widget')
      .getByRole('combobox')
      .or(this.page.locator('.quick-input-widget input[type=text]'))
      .first();
  }

  quickPickItem(label: string | RegExp): Locator {
    return this.page.locator('.quick-input-widget .monaco-list-row').filter({ hasText: label }).first();
  }

  /** The rendered items, each as its label and, after two spaces, its description. */
  async quickPickLabels(): Promise<string[]> {
    const rows = this.page.locator('.quick-input-widget .monaco-list-row');
    await rows.first().waitFor();
    return labelsFromTop(rows);
  }

  /**
   * Chooses from the open list. A tree that VS Code has drawn anew at the very moment takes the focus, and the list goes
   * away: what opened it is done once more then, as a person would.
   */
  async pick(label: string | RegExp): Promise<void> {
    const ask = this.#ask;
    this.#ask = undefined;
    try {
      await this.quickPickItem(label).click();
    } catch (error) {
      if (ask === undefined || (await this.quickInput.isVisible())) throw error;
      await ask();
      await this.quickPickItem(label).click();
    }
  }

  /** Answers an input box or the simple file dialog. */
  async answer(text: string): Promise<void> {
    await this.quickInput.waitFor();
    await this.quickInput.fill(text);
    await this.page.keyboard.press('Enter');
  }

  // Editors

  tab(title: string | RegExp): Locator {
    return this.page.locator('.tabs-container').getByRole('tab', { name: title }).first();
  }

  /** Left to right, without the description that tells equal names apart. */
  async tabTitles(): Promise<string[]> {
    const labels = await this.page.locator('.tabs-container .tab .monaco-icon-label-container').all();
    const parts = '.monaco-icon-name-container, .monaco-icon-suffix-container';
    return Promise.all(labels.map(async (label) => (await label.locator(parts).allTextContents()).join('')));
  }

  async closeAllEditors(): Promise<void> {
    await this.runCommand('View: Close All Editors');
  }

  /** The rendered text of the focused, or only, text editor: what fits on the screen. */
  async editorText(): Promise<string> {
    const lines = this.page.locator('.editor-instance .view-lines').last().locator('.view-line');
    await lines.first().waitFor();
    return (await textsFromTop(lines)).join('\n');
  }

  /** From the top, with the spaces as they are shown. */
  async codeLenses(): Promise<string[]> {
    return textsFromTop(this.page.locator('.codelens-decoration'));
  }

  // Messages

  /** The texts of the notifications that are shown. */
  async notifications(): Promise<string[]> {
    return this.page.locator('.notifications-toasts .notification-list-item-message').allTextContents();
  }

  notification(text: string | RegExp): Locator {
    return this.page
      .locator('.notifications-toasts .notification-list-item')
      .filter({ hasText: text })
      .first();
  }

  /** Waits for a message, also where VS Code shows it in its list only, and takes it away. */
  async readNotification(text: RegExp): Promise<void> {
    await this.runCommand('Notifications: Show Notifications');
    await this.page.locator('.notification-list-item-message', { hasText: text }).first().waitFor();
    await this.runCommand('Notifications: Clear All Notifications');
  }

  dialog(): Locator {
    return this.page.getByRole('dialog').filter({ has: this.page.locator('.dialog-message-container') });
  }

  // Looks

  /** Such as `Dark Modern`, `Light Modern` or `Dark High Contrast`. */
  async setTheme(name: string): Promise<void> {
    await this.runCommand('Preferences: Color Theme');
    await this.quickInput.fill(name);
    await this.quickPickItem(name).waitFor();
    await this.page.keyboard.press('Enter');
    await this.quickInput.waitFor({ state: 'hidden' });
  }

  /** Waits until nothing on the screen changes any more, for twelve seconds at most. */
  async settled(): Promise<void> {
    let before = '';
    for (let attempt = 0; attempt < 40; attempt++) {
      const now = (await this.page.screenshot({ animations: 'disabled' })).toString('base64');
      if (now === before) return;
      before = now;
      await this.page.waitForTimeout(300);
    }
  }

  async screenshot(file: string): Promise<void> {
    await this.page.screenshot({ path: file, animations: 'disabled' });
  }
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** What is used of an element of the page; the project's types know no page. */
interface ShownElement {
  readonly textContent: string;
  getBoundingClientRect(): { readonly top: number };
  querySelector(selector: string): ShownElement | null;
}

/** Lists and editors recycle their rows, so that their order in the page is not that on the screen. */
async function textsFromTop(rows: Locator): Promise<string[]> {
  const found = await rows.evaluateAll((elements: readonly ShownElement[]) =>
    elements.map((element) => ({ top: element.getBoundingClientRect().top, text: element.textContent })),
  );
  // Monaco shows each space as a no-break space.
  return inOrder(found).map((text) => text.replaceAll('\u00a0', ' '));
}

async function labelsFromTop(rows: Locator): Promise<string[]> {
  const found = await rows.evaluateAll((elements: readonly ShownElement[]) =>
    elements.map((element) => {
      const part = (name: string) =>
        element.querySelector(`.monaco-icon-${name}-container`)?.textContent ?? '';
      const parts = [part('name') + part('suffix'), part('description')].map((text) => text.trim());
      return { top: element.getBoundingClientRect().top, text: parts.filter(Boolean).join('  ') };
    }),
  );
  return inOrder(found);
}

function inOrder(found: readonly { readonly top: number; readonly text: string }[]): string[] {
  return found.toSorted((a, b) => a.top - b.top).map(({ text }) => text);
}
