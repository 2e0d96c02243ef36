// Ports that nothing else is likely to use, so that the tests run beside a shop that is being served. They lie below those that
// systems give to outgoing connections (Linux: from 32768 on), each of which would take one away.
export const shopAddress = "127.0.0.1:23117";
export const sandboxAddress = "127.0.0.1:23118";
export const shopUrl = `http://${shopAddress}`;
export const sandboxUrl = `http://${sandboxAddress}`;

// A second shop, which ships, taxes and takes promotion codes.
export const shippingShopAddress = "127.0.0.1:23119";
export const shippingSandboxAddress = "127.0.0.1:23120";
export const shippingShopUrl = `http://${shippingShopAddress}`;
export const shippingSandboxUrl = `http://${shippingSandboxAddress}`;

// A third one, whose texts are as long as they can be, or run from right to left.
export const oddShopAddress = "127.0.0.1:23121";
export const oddSandboxAddress = "127.0.0.1:23122";
export const oddShopUrl = `http://${oddShopAddress}`;
export const oddSandboxUrl = `http://${oddSandboxAddress}`;
