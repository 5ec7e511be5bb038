// Elements without HTML strings.
type Child = Node | string

function fill<T extends Element>(e: T, attributes: Record<string, string>, children: Child[]): T {
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v)
  e.append(...children)
  return e
}
export function el<K extends keyof HTMLElementTagNameMap>(name: K, attributes: Record<string, string> = {}, children: Child[] = []): HTMLElementTagNameMap[K] {
  return fill(document.createElement(name), attributes, children)
}
export function svg(name: string, attributes: Record<string, string> = {}, children: Child[] = []): SVGElement {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children)
}
