// Ports that nothing else is likely to use, so that the tests run beside a shop that is being served.
export const shopAddress = "127.0.0.1:43117";
export const sandboxAddress = "127.0.0.1:43118";
export const shopUrl = `http://${shopAddress}`;
export const sandboxUrl = `http://${sandboxAddress}`;
