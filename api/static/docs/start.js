// The API's description needs authentication like everything else: log in to the explorer first, or enter a key here.
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
  withCredentials: true,
});
