// Ports that nothing else is likely to use, so that the tests run beside a shop that is being served.
export const shopAddress = "127.0.0.1:43117";
export const sandboxAddress = "127.0.0.1:43118";
export const shopUrl = `http://${shopAddress}`;
export const sandboxUrl = `http://${sandboxAddress}`;

// A second shop, which ships, taxes and takes promotion codes.
export const shippingShopAddress = "127.0.0.1:43119";
export const shippingSandboxAddress = "127.0.0.1:43120";
export const shippingShopUrl = `http://${shippingShopAddress}`;
export const shippingSandboxUrl = `http://${shippingSandboxAddress}`;

// A third one, whose texts are as long as they can be, or run from right to left.
export const oddShopAddress = "127.0.0.1:43121";
export const oddSandboxAddress = "127.0.0.1:43122";
export const oddShopUrl = `http://${oddShopAddress}`;
export const oddSandboxUrl = `http://${oddSandboxAddress}`;
