// Ports that are unlikely to be in use, so that the tests can run beside a served shop. They are
// below the ephemeral ports (Linux: from 32768), which outgoing connections may occupy.
export const shopAddress = "127.0.0.1:23117";
export const sandboxAddress = "127.0.0.1:23118";
export const shopUrl = `http://${shopAddress}`;
export const sandboxUrl = `http://${sandboxAddress}`;

// A second shop, with shipping, tax and promotion codes.
export const shippingShopAddress = "127.0.0.1:23119";
export const shippingSandboxAddress = "127.0.0.1:23120";
export const shippingShopUrl = `http://${shippingShopAddress}`;
export const shippingSandboxUrl = `http://${shippingSandboxAddress}`;

// A third shop, with the longest possible texts and right-to-left texts.
export const oddShopAddress = "127.0.0.1:23121";
export const oddSandboxAddress = "127.0.0.1:23122";
export const oddShopUrl = `http://${oddShopAddress}`;
export const oddSandboxUrl = `http://${oddSandboxAddress}`;

// A fourth shop, whose products have variants.
export const variantsShopAddress = "127.0.0.1:23123";
export const variantsSandboxAddress = "127.0.0.1:23124";
export const variantsShopUrl = `http://${variantsShopAddress}`;
export const variantsSandboxUrl = `http://${variantsSandboxAddress}`;

// A fifth shop, in three languages and under European law, with a product that no page may run.
export const foundShopAddress = "127.0.0.1:23131";
export const foundSandboxAddress = "127.0.0.1:23132";
export const foundShopUrl = `http://${foundShopAddress}`;
export const foundSandboxUrl = `http://${foundSandboxAddress}`;

// A release without anything beside it.
export const aloneShopAddress = "127.0.0.1:23135";
export const aloneSandboxAddress = "127.0.0.1:23136";

// A shop that is empty but for its owner.
export const ownedShopAddress = "127.0.0.1:23137";
export const ownedSandboxAddress = "127.0.0.1:23138";
export const ownedShopUrl = `http://${ownedShopAddress}`;
export const ownedSandboxUrl = `http://${ownedSandboxAddress}`;
