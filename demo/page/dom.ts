/** The one element that `selector` finds, of the type that is expected. */
export function find<Type extends Element>(type: new () => Type, selector: string, root: ParentNode = document): Type {
  const element = root.querySelector(selector);
  if (element instanceof type) return element;
  throw new Error(`The page has no ${type.name} "${selector}".`);
}

/** A copy of the element in the template with this id. */
export function fromTemplate(id: string): HTMLElement {
  const { content } = find(HTMLTemplateElement, `#${id}`);
  return find(HTMLElement, '*', content.cloneNode(true) as DocumentFragment);
}

/** Shows a decrypted picture. Its blob URL is given back as soon as the picture is decoded. */
export async function showBlob(image: HTMLImageElement, blob: Blob): Promise<void> {
  const url = URL.createObjectURL(blob);
  try {
    image.src = url;
    await image.decode();
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Two frames: what was changed before has been drawn then. */
export async function nextFrames(): Promise<void> {
  for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
}
