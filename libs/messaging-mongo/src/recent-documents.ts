// SPDX-License-Identifier: Apache-2.0

/** The documents written last, by id; the one that was not used for the longest time goes first. */
export class RecentDocuments<D> {
  private readonly documents = new Map<string, D>();

  constructor(private readonly limit: number) {}

  get(id: string): D | undefined {
    const document = this.documents.get(id);
    if (document !== undefined) {
      this.documents.delete(id);
      this.documents.set(id, document);
    }
    return document;
  }

  set(id: string, document: D): void {
    this.documents.delete(id);
    this.documents.set(id, document);
    if (this.documents.size > this.limit) this.documents.delete(this.documents.keys().next().value!);
  }

  /** Replaces a document where it stands, if it is there. */
  update(id: string, change: (document: D) => D): void {
    const document = this.documents.get(id);
    if (document !== undefined) this.documents.set(id, change(document));
  }

  delete(id: string): void {
    this.documents.delete(id);
  }
}
