/** Descriptions for parsing `.proto` files; the clients come with theirs as JSON. */
export function addCommonProtos(): void {}
