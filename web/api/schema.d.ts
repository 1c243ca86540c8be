// Made by `npm run api-types` of the OpenAPI description that the server gives of itself. Do not edit.

export interface paths {
    "/downloads/{key}/{filename}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Fetch an archive by its signed address
         * @description Where downloads lead to. `Range`, `If-Range`, `If-None-Match`, `If-Modified-Since` and HEAD work, so that a broken download resumes.
         *
         *     Needs no token.
         */
        get: operations["fetchAnArchiveByItsSignedAddress"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * See whether the server lives
         * @description Answers as long as the process does. Whoever gets no answer may start it anew.
         *
         *     Needs no token.
         */
        get: operations["seeWhetherTheServerLives"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * See whether the server is ready
         * @description 503 where the database or the storage does not answer or the queue stands still, and while the server stops: send requests to another.
         *
         *     Needs no token.
         */
        get: operations["seeWhetherTheServerIsReady"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Measure the server
         * @description What this process has done and is doing, in the text format of Prometheus.
         *
         *     Scope: `admin`.
         */
        get: operations["measureTheServer"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/site/session/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the session
         * @description Who is signed in in this browser, what they may do, and what the page needs to know of the site.
         *
         *     Needs no token.
         */
        get: operations["getTheSession"];
        put?: never;
        /**
         * Sign in
         * @description With a token. The answer sets a cookie, which the whole API takes where no `Authorization` is sent; all but GET then needs `X-CSRF-Token` as well. The session has the token’s user and scopes, and ends with it.
         *
         *     Needs no token.
         */
        post: operations["signIn"];
        /**
         * Sign out
         * @description Needs no token.
         */
        delete: operations["signOut"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/site/sign-in": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Sign in by the link that the server prints
         * @description Signs the browser in and leads to the page. The link works until the server stops.
         *
         *     Needs no token.
         */
        get: operations["signInByTheLinkThatTheServerPrints"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/site/preview/layers/{id}/versions/{version}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Describe the preview of a layer
         * @description TileJSON 3.0, with what a map needs besides.
         *
         *     Scope: `layers:read`.
         */
        get: operations["describeThePreviewOfALayer"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/site/preview/layers/{id}/versions/{version}/{z}/{x}/{y}.mvt": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a vector tile of a layer
         * @description Mapbox Vector Tile with one layer, `features`: each with its id, its name and a few more properties. What is smaller than a pixel shows as one pixel without properties.
         *
         *     Scope: `layers:read`.
         */
        get: operations["getAVectorTileOfALayer"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/site/preview/layers/{id}/versions/{version}/{z}/{x}/{y}.png": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a picture of a part of a raster
         * @description Of 512 × 512 pixels; values of grids by a ramp of colours with shaded slopes, classes by their colours; transparent without data.
         *
         *     Scope: `layers:read`.
         */
        get: operations["getAPictureOfAPartOfARaster"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/site/basemap/{z}/{x}/{y}.mvt": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a vector tile of the basemap
         * @description Natural Earth and GeoNames, for zooms 0 to 8: layers `land` (polygons), `borders` (lines) and `places` (points with `name` and `population`, the largest first).
         *
         *     Needs no token.
         */
        get: operations["getAVectorTileOfTheBasemap"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/site/preview/layers/{id}/rows/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the first rows of a layer
         * @description Scope: `layers:read`.
         */
        get: operations["getTheFirstRowsOfALayer"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/site/preview/tables/{id}/rows/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the first rows of a table
         * @description Scope: `layers:read`.
         */
        get: operations["getTheFirstRowsOfATable"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/site/crs/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Search coordinate systems
         * @description Those of the EPSG dataset that data can be exported in, at most 20: the very code or name first, then what suits `bbox`, projected in metres and made for a small area first, deprecated ones last.
         *
         *     Needs no token.
         */
        get: operations["searchCoordinateSystems"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/site/facets/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count what the catalogue can be filtered by
         * @description Scope: `catalog`.
         */
        get: operations["countWhatTheCatalogueCanBeFilteredBy"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/site/uploads/{upload}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove an upload
         * @description Scope: `admin`.
         */
        delete: operations["removeAnUpload"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/site/publish/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what is being published
         * @description Your own, newest first, since this server was started.
         *
         *     Scope: `admin`.
         */
        get: operations["listWhatIsBeingPublished"];
        put?: never;
        /**
         * Publish an upload
         * @description As `geocrate publish` would; one upload after the other. What cannot be published is told in `sentences`, and may be tried again.
         *
         *     Scope: `admin`.
         */
        post: operations["publishAnUpload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/site/publish/{job}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get what is being published
         * @description Scope: `admin`.
         */
        get: operations["getWhatIsBeingPublished"];
        put?: never;
        post?: never;
        /**
         * Cancel publishing
         * @description Scope: `admin`.
         */
        delete: operations["cancelPublishing"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/site/publish/{job}/events/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow publishing
         * @description Server-sent events: `publishing` with all of it after each change; the stream ends with the last.
         *
         *     Scope: `admin`.
         */
        get: operations["followPublishing"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/site/data/{id}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Edit what is said of a layer or a table
         * @description Only what is sent changes. `license: null` takes the licence away.
         *
         *     Scope: `admin`.
         */
        patch: operations["editWhatIsSaidOfALayerOrATable"];
        trace?: never;
    };
    "/services/api/v1/exports/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List exports
         * @description The exports you have created, newest first.
         *
         *     Scope: `exports:read`.
         */
        get: operations["listExports"];
        put?: never;
        /**
         * Create an export
         * @description Creates and starts an export. A request that is not valid is answered 400, with what `validate` says of it. With `Idempotency-Key`, the same request within 24 hours gives the first export again; another body with the same key is answered 409.
         *
         *     Scope: `exports:write`.
         */
        post: operations["createAnExport"];
        delete?: never;
        /**
         * Describe the request
         * @description The form of `POST /exports/`. The formats are what this site can write now.
         *
         *     Needs no token.
         */
        options: operations["describeTheRequest"];
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services/api/v1/exports/validate/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Validate a request
         * @description Says all that is wrong with a request to create an export, and how large the archive will be. Creates nothing.
         *
         *     Scope: `exports:write`.
         */
        post: operations["validateARequest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services/api/v1/exports/{id}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an export
         * @description Scope: `exports:read`.
         */
        get: operations["getAnExport"];
        put?: never;
        post?: never;
        /**
         * Cancel an export
         * @description Scope: `exports:write`.
         */
        delete: operations["cancelAnExport"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services/api/v1/exports/{id}/discard/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Discard an archive
         * @description Removes the archive of an export that is complete. Its state becomes `gone`.
         *
         *     Scope: `exports:write`.
         */
        post: operations["discardAnArchive"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services/api/v1/exports/{id}/download/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download an archive
         * @description Leads to an address that works for a day and needs no token. 404 while the export is processing, 410 when it is gone, 409 when there is nothing to download.
         *
         *     Scope: `exports:read`.
         */
        get: operations["downloadAnArchive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services/api/v1/exports/{id}/events/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow an export
         * @description Server-sent events: `progress` (`progress`, `eta_seconds`, `stages`) whenever that changes, then one `state` with the whole export, after which the stream ends.
         *
         *     Scope: `exports:read`.
         */
        get: operations["followAnExport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services/api/v1/layers/{id}/export/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download a layer by a direct link
         * @description Finds or creates the export that the query describes on the newest version. Ready: leads to its archive, with `ETag` and `Last-Modified` of the data, so that nothing is fetched twice. Not ready in time: 202 with the export.
         *
         *     Scope: `links` or `exports:write`.
         */
        get: operations["downloadALayerByADirectLink"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services/api/v1/layers/{id}/export/{filename}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download a layer by a direct link that ends in a file name
         * @description Finds or creates the export that the query describes on the newest version. Ready: leads to its archive, with `ETag` and `Last-Modified` of the data, so that nothing is fetched twice. Not ready in time: 202 with the export.
         *
         *     Scope: `links` or `exports:write`.
         */
        get: operations["downloadALayerByADirectLinkThatEndsInAFileName"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services/api/v1/tables/{id}/export/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download a table by a direct link
         * @description Finds or creates the export that the query describes on the newest version. Ready: leads to its archive, with `ETag` and `Last-Modified` of the data, so that nothing is fetched twice. Not ready in time: 202 with the export.
         *
         *     Scope: `links` or `exports:write`.
         */
        get: operations["downloadATableByADirectLink"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services/api/v1/tables/{id}/export/{filename}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download a table by a direct link that ends in a file name
         * @description Finds or creates the export that the query describes on the newest version. Ready: leads to its archive, with `ETag` and `Last-Modified` of the data, so that nothing is fetched twice. Not ready in time: 202 with the export.
         *
         *     Scope: `links` or `exports:write`.
         */
        get: operations["downloadATableByADirectLinkThatEndsInAFileName"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services/api/v1/exports/croplayers/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List crop layers
         * @description Layers whose features may be used as the extent of an export.
         *
         *     Scope: `exports:read`.
         */
        get: operations["listCropLayers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services/api/v1/exports/croplayers/{id}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a crop layer
         * @description Scope: `exports:read`.
         */
        get: operations["getACropLayer"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services/api/v1/exports/croplayers/{id}/cropfeatures/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List crop features
         * @description Scope: `exports:read`.
         */
        get: operations["listCropFeatures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services/api/v1/exports/croplayers/{id}/cropfeatures/{feature}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a crop feature with its geometry
         * @description Scope: `exports:read`.
         */
        get: operations["getACropFeatureWithItsGeometry"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services/api/v1/data/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Search the catalogue
         * @description Layers and tables.
         *
         *     Scope: `catalog`.
         */
        get: operations["searchTheCatalogue"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services/api/v1/layers/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List layers
         * @description Scope: `layers:read`.
         */
        get: operations["listLayers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services/api/v1/layers/{id}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a layer
         * @description Scope: `layers:read`.
         */
        get: operations["getALayer"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services/api/v1/layers/{id}/versions/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the versions of a layer
         * @description Newest first unless told.
         *
         *     Scope: `layers:read`.
         */
        get: operations["listTheVersionsOfALayer"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services/api/v1/layers/{id}/versions/{version}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a version of a layer
         * @description Scope: `layers:read`.
         */
        get: operations["getAVersionOfALayer"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services/api/v1/tables/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List tables
         * @description Scope: `layers:read`.
         */
        get: operations["listTables"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services/api/v1/tables/{id}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a table
         * @description Scope: `layers:read`.
         */
        get: operations["getATable"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services/api/v1/tables/{id}/versions/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the versions of a table
         * @description Newest first unless told.
         *
         *     Scope: `layers:read`.
         */
        get: operations["listTheVersionsOfATable"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services/api/v1/tables/{id}/versions/{version}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a version of a table
         * @description Scope: `layers:read`.
         */
        get: operations["getAVersionOfATable"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services/api/v1/layers/{id}/tiles/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the tiles of a layer
         * @description Of a raster, grid or rat that was published as several files. Their outlines are in EPSG:4326.
         *
         *     Scope: `layers:read`.
         */
        get: operations["listTheTilesOfALayer"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services/api/v1/layers/{id}/versions/{version}/tiles/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the tiles of a version of a layer
         * @description Scope: `layers:read`.
         */
        get: operations["listTheTilesOfAVersionOfALayer"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services/api/v1/licenses/{id}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a licence
         * @description Scope: `layers:read`.
         */
        get: operations["getALicence"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services/api/v1/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get this description
         * @description OpenAPI 3.1.
         *
         *     Needs no token.
         */
        get: operations["getThisDescription"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/site/uploads/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Upload a file
         * @description Send the file itself as the body, of any type: a GeoPackage, a GeoJSON file, a GeoTIFF, …, or a ZIP file of a Shapefile, a File Geodatabase or several rasters. At most 2147483648 bytes. It is kept for a day.
         *
         *     Scope: `admin`.
         */
        post: operations["uploadAFile"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Problem: {
            /** @description One sentence that says what to do. */
            detail: string;
        };
        Options: {
            /**
             * PDF: page size
             * @default a4
             * @enum {unknown}
             */
            page_size?: "a4" | "a3" | "letter";
            /**
             * PDF: page orientation
             * @default landscape
             * @enum {unknown}
             */
            page_orientation?: "landscape" | "portrait";
            /**
             * PDF: scale bar
             * @default false
             */
            include_scale?: boolean;
            /**
             * PDF: scale grid
             * @default false
             */
            include_scale_grid?: boolean;
            /**
             * PDF: graticules
             * @default false
             */
            include_lat_lon_grid?: boolean;
            /**
             * PDF: legend
             * @default false
             */
            include_legend?: boolean;
            /**
             * PDF: raster DPI
             * @default 72
             */
            pdf_raster_dpi?: number;
            /**
             * Downsampling multiplier for raster formats
             * @default 1
             */
            raster_resolution_multiplier?: number;
        };
        License: {
            id: number;
            title: string;
            /** @description The family, in lower case: `cc-by`, `odbl`. */
            type: string;
            version: string;
            /** Format: uri */
            url: string;
            url_html: string | null;
        };
        LicenseText: {
            id: number;
            title: string;
            /** @description The family, in lower case: `cc-by`, `odbl`. */
            type: string;
            version: string;
            /** Format: uri */
            url: string;
            url_html: string | null;
            text: string;
        };
        ExportSummary: {
            id: number;
            name: string;
            /**
             * Format: date-time
             * @example 2016-04-20T20:41:07.136040Z
             */
            created_at: string;
            /** @enum {unknown} */
            created_via: "web" | "api";
            /**
             * @description processing: it is being created. cancelled: it was cancelled before it was complete. error: it could not be created. complete: it is at its download_url. gone: it was complete and has been removed, or has expired.
             * @enum {unknown}
             */
            state: "processing" | "cancelled" | "error" | "complete" | "gone";
            /** Format: uri */
            url: string;
            download_url: string | null;
        };
        Export: {
            id: number;
            name: string;
            /**
             * Format: date-time
             * @example 2016-04-20T20:41:07.136040Z
             */
            created_at: string;
            /** @enum {unknown} */
            created_via: "web" | "api";
            /**
             * @description processing: it is being created. cancelled: it was cancelled before it was complete. error: it could not be created. complete: it is at its download_url. gone: it was complete and has been removed, or has expired.
             * @enum {unknown}
             */
            state: "processing" | "cancelled" | "error" | "complete" | "gone";
            /** Format: uri */
            url: string;
            download_url: string | null;
            extent: ({
                /** @enum {string} */
                type: "Polygon";
                coordinates: number[][][];
            } | {
                /** @enum {string} */
                type: "MultiPolygon";
                coordinates: number[][][][];
            } | string) | null;
            delivery: {
                /** @enum {string} */
                method: "download";
            };
            formats: {
                [key: string]: string;
            };
            items: {
                /** Format: uri */
                item: string;
                color?: string;
                tile_id?: string;
            }[];
            crs: string | null;
            options: {
                [key: string]: unknown;
            };
            /** @description Bytes. */
            size_estimate_zipped: number;
            progress: number | null;
            started_at: string | null;
            finished_at: string | null;
            expires_at: string | null;
            eta_seconds: number | null;
            size_zipped: number | null;
            sha256: string | null;
            warnings: string[];
            error: {
                code: string;
                message: string;
                item: string | null;
            } | null;
            stages: {
                item: string | null;
                name: string;
                progress: number;
            }[];
            notify: {
                /** Format: uri */
                url: string;
            } | null;
            /** Format: uri */
            events_url: string;
        };
        ExportRequest: {
            items: {
                /** @description The URL of a layer or table, or of one version of it. */
                item: string;
                color?: string | null;
                tile_id?: string | null;
            }[];
            /**
             * @description The mimetype of a format for each kind of data among the items; `OPTIONS` lists them.
             * @example {
             *       "vector": "application/x-zipped-shp",
             *       "table": "text/csv"
             *     }
             */
            formats: {
                [key: string]: unknown;
            };
            crs?: string | null;
            /** @description Crops the layers: a GeoJSON Polygon or MultiPolygon in EPSG:4326, or the URL of a crop feature. */
            extent?: {
                /** @enum {string} */
                type: "Polygon";
                coordinates: number[][][];
            } | {
                /** @enum {string} */
                type: "MultiPolygon";
                coordinates: number[][][][];
            } | string | null;
            name?: string | null;
            options?: components["schemas"]["Options"] | null;
            delivery?: {
                /** @enum {string} */
                method: "download";
            } | null;
            notify?: {
                url: string;
            } | null;
        };
        Verdict: {
            /** @description The items as they were sent, each with what is to be said of it. */
            items: {
                license: components["schemas"]["License"] | null;
                price: string;
                is_valid: boolean;
                invalid_reasons: ("outside-extent" | "not-found" | "no-format-for-kind" | "format-not-available" | "format-not-for-kind" | "crs-required" | "crs-unknown" | "crs-unsupported" | "extent-invalid" | "extent-too-complex" | "extent-empty" | "tile-unknown" | "not-tiled" | "color-invalid" | "option-invalid" | "no-items" | "too-many-items" | "duplicate-item" | "too-large" | "quota-exceeded" | "unknown-field")[];
                /** @description Bytes. */
                size_estimate_zipped: number;
            }[];
            /** @description Bytes. */
            size_estimate_zipped: number;
            /** @description What making the archive usually takes, once it has begun. */
            seconds_estimate: number;
            is_valid: boolean;
            invalid_reasons: ("outside-extent" | "not-found" | "no-format-for-kind" | "format-not-available" | "format-not-for-kind" | "crs-required" | "crs-unknown" | "crs-unsupported" | "extent-invalid" | "extent-too-complex" | "extent-empty" | "tile-unknown" | "not-tiled" | "color-invalid" | "option-invalid" | "no-items" | "too-many-items" | "duplicate-item" | "too-large" | "quota-exceeded" | "unknown-field")[];
            /** @description Sentences by field path, such as `items[0].color`. */
            errors: {
                [key: string]: string[];
            };
            warnings: string[];
        };
        Refused: {
            errors: string[];
        };
        CropLayer: {
            id: number;
            name: string;
            /** Format: uri */
            url: string;
            /** Format: uri */
            features: string;
            extent: {
                /** @enum {string} */
                type: "MultiPolygon";
                coordinates: number[][][][];
            };
            /**
             * Format: uri
             * @description The version of the layer that it is made of.
             */
            source_layer: string;
        };
        CropFeature: {
            id: number;
            name: string;
            /** Format: uri */
            url: string;
        };
        CropFeatureShape: {
            id: number;
            name: string;
            /** Format: uri */
            url: string;
            geometry: {
                /** @enum {string} */
                type: "MultiPolygon";
                coordinates: number[][][][];
            };
        };
        Data: {
            id: number;
            /** Format: uri */
            url: string;
            /** @enum {unknown} */
            type: "layer" | "table";
            title: string;
            /** @description The same, for older clients. */
            name: string;
            /** @enum {unknown} */
            kind: "vector" | "table" | "raster" | "grid" | "rat";
            /**
             * Format: date-time
             * @example 2016-04-20T20:41:07.136040Z
             */
            first_published_at: string;
            /**
             * Format: date-time
             * @example 2016-04-20T20:41:07.136040Z
             */
            published_at: string;
        };
        DataDetail: {
            id: number;
            /** Format: uri */
            url: string;
            /** @enum {unknown} */
            type: "layer" | "table";
            title: string;
            /** @description The same, for older clients. */
            name: string;
            /** @enum {unknown} */
            kind: "vector" | "table" | "raster" | "grid" | "rat";
            /**
             * Format: date-time
             * @example 2016-04-20T20:41:07.136040Z
             */
            first_published_at: string;
            /**
             * Format: date-time
             * @example 2016-04-20T20:41:07.136040Z
             */
            published_at: string;
            description: string;
            description_html: string;
            license: components["schemas"]["License"] | null;
            group: null;
            categories: string[];
            tags: string[];
            version: {
                id: number;
                /** Format: uri */
                url: string;
            };
            data: {
                crs: {
                    id: string | null;
                    srid: number | null;
                    name: string;
                    kind: string;
                } | null;
                /** @description Fields of features and of rows; the bands of rasters, grids and rats. */
                fields: {
                    /** @description Of a raster’s bands: what they are described as, or else `band_1`, `band_2`, … */
                    name: string;
                    /**
                     * @description Of a raster’s bands: `byte`, `int16`, `float32`, …
                     * @example string
                     * @example byte
                     */
                    type: string;
                }[];
                primary_key_fields: string[];
                geometry_field: string | null;
                geometry_type: string | null;
                feature_count: number | null;
                extent: {
                    /** @enum {string} */
                    type: "Polygon";
                    coordinates: number[][][];
                } | null;
                encoding: string | null;
                has_z: boolean;
                raster_resolution: number | null;
                empty_geometry_count: number;
                export_formats: {
                    name: string;
                    mimetype: string;
                }[];
            };
            user_permissions: string[];
            /**
             * Format: uri
             * @description Its tiles; only where it has some that exports may ask for.
             */
            tiles?: string;
        };
        Version: {
            id: number;
            /** Format: uri */
            url: string;
            /** @enum {unknown} */
            status: "published" | "superseded";
            /**
             * Format: date-time
             * @example 2016-04-20T20:41:07.136040Z
             */
            published_at: string;
        };
        Tile: {
            /**
             * @description What an export names it by, as `tile_id`.
             * @example BX24
             */
            id: string;
            /** @description The name of the file that was published, without its ending. */
            name: string;
            geometry: {
                /** @enum {string} */
                type: "Polygon";
                coordinates: number[][][];
            };
        };
        Session: {
            user: string | null;
            /** @description What this browser may do. */
            scopes: ("layers:read" | "exports:read" | "exports:write" | "catalog" | "links" | "admin")[];
            csrf_token: string | null;
            site_name: string;
            /** @description Of the software. */
            version: string;
            limits: {
                /** @description Of an extent, over all rings; closing points not counted. */
                vertices: number;
                /** @description In one export. */
                items: number;
                /** @description Of a request. */
                body_bytes: number;
                export_bytes: number | null;
                active_exports: number | null;
                /** @description Of a file that is uploaded to be published. */
                upload_bytes: number;
            };
        };
        SignIn: {
            /** @description A token of this site. */
            token: string;
        };
        Preview: {
            /** @enum {string} */
            tilejson: "3.0.0";
            /**
             * @description Vector tiles have the layer `features`; raster tiles are PNGs of 512 pixels.
             * @enum {unknown}
             */
            type: "vector" | "raster";
            /** @description The address of the tiles of this version, which never change. */
            tiles: string[];
            /** @enum {number} */
            tile_size: 512;
            /** @description West, south, east, north in degrees; east passes 180 where the layer crosses the antimeridian. */
            bounds: number[];
            minzoom: number;
            /** @description Of the tiles; a map shows those larger from there on. */
            maxzoom: number;
            /** @description At which the whole layer shows in about one tile. */
            fit_zoom: number;
            geometry_type: string | null;
            vector_layers: {
                id: string;
                fields: {
                    [key: string]: string;
                };
            }[];
            name_field: string | null;
            legend: ({
                /** @enum {string} */
                type: "picture";
            } | {
                /** @enum {string} */
                type: "values";
                from: number;
                to: number;
                unit: string;
                /** @description From `from` to `to`, evenly spread. */
                colors: string[];
            } | {
                /** @enum {string} */
                type: "classes";
                classes: {
                    value: number;
                    name: string;
                    color: string;
                }[];
            }) | null;
        };
        Rows: {
            fields: {
                name: string;
                type: string;
            }[];
            /** @description Values in the order of the fields. Long texts end in `…`; whole numbers that JSON would round are text. */
            rows: (string | number | boolean | null)[][];
        };
        FoundCrs: {
            /** @example EPSG:2193 */
            id: string;
            name: string;
            /** @description `projected`, `geographic` or `compound`. */
            kind: string;
            area: string | null;
            deprecated: boolean;
            suits: boolean | null;
        };
        Facets: {
            total: number;
            kinds: {
                /** @enum {unknown} */
                kind: "vector" | "table" | "raster" | "grid" | "rat";
                count: number;
            }[];
            licenses: {
                /** @description For `license.type` of the lists. */
                type: string;
                count: number;
            }[];
            geometry_types: {
                /** @description For `data.geometry_type` of the lists. */
                geometry_type: string;
                count: number;
            }[];
        };
        Upload: {
            /** @description For `upload` of what publishes it. */
            id: string;
            filename: string;
            bytes: number;
        };
        PublishRequest: {
            upload: string;
            title?: string;
            /** @description Publish a new version of this layer or table; a new one unless told. */
            id?: number;
            /** @enum {unknown} */
            kind?: "vector" | "table" | "raster" | "grid" | "rat";
            /** @description An SPDX id such as `CC-BY-4.0`, or `public-domain`. */
            license?: string;
            description?: string;
            tags?: string[];
            /** @description Its polygons may be used as the extent of exports. */
            crop_layer?: boolean;
            /** @description The field that names the polygons of a crop layer. */
            name_field?: string;
            /** @description `EPSG:n`, where the file has none or a wrong one. */
            crs?: string;
            /** @description Of a file with several layers only this one. */
            layer?: string;
        };
        Publishing: {
            id: string;
            /** Format: uri */
            url: string;
            /** Format: uri */
            events_url: string;
            /** @description That it is to have, or the name of the file. */
            title: string;
            /**
             * Format: date-time
             * @example 2016-04-20T20:41:07.136040Z
             */
            created_at: string;
            finished_at: string | null;
            /** @enum {unknown} */
            state: "waiting" | "running" | "published" | "error" | "cancelled";
            /** @enum {unknown} */
            stage: "waiting" | "unpacking" | "publishing" | "done";
            progress: number;
            /** @description What you should know: notes on what was published, or why nothing was. */
            sentences: string[];
            published: {
                id: number;
                /** Format: uri */
                url: string;
                /** @enum {unknown} */
                kind: "vector" | "table" | "raster" | "grid" | "rat";
                title: string;
                version: number;
                unchanged: boolean;
            }[];
        };
        DataEdit: {
            title?: string;
            description?: string;
            tags?: string[];
            license?: string | null;
        };
        EditedData: {
            id: number;
            /** Format: uri */
            url: string;
            title: string;
            description: string;
            tags: string[];
            license: string | null;
        };
        Ready: {
            ready: boolean;
            /** @description Whether it works. */
            database: {
                /** @enum {boolean} */
                ok: true;
                /** @description After how many milliseconds it answered. */
                ms: number;
            } | {
                /** @enum {boolean} */
                ok: false;
                /** @description What does not work. */
                message: string;
            };
            /** @description Whether it works. */
            storage: {
                /** @enum {boolean} */
                ok: true;
                /** @description After how many milliseconds it answered. */
                ms: number;
            } | {
                /** @enum {boolean} */
                ok: false;
                /** @description What does not work. */
                message: string;
            };
            /** @description Whether it works. */
            queue: {
                /** @enum {boolean} */
                ok: true;
                /** @description After how many milliseconds it answered. */
                ms: number;
            } | {
                /** @enum {boolean} */
                ok: false;
                /** @description What does not work. */
                message: string;
            };
            /** @description What this process does for exports. */
            exports: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    fetchAnArchiveByItsSignedAddress: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
                filename: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The archive. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/zip": string;
                };
            };
            /** @description The part asked for. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/zip": string;
                };
            };
            /** @description You have it already. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    seeWhetherTheServerLives: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        alive: boolean;
                    };
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    seeWhetherTheServerIsReady: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ready"];
                };
            };
            /** @description As asked for. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ready"];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    measureTheServer: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The metrics. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getTheSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    signIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"];
            };
        };
        responses: {
            /** @description As asked for. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    signOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Nobody is signed in any more in this browser. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    signInByTheLinkThatTheServerPrints: {
        parameters: {
            query?: {
                key?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description To the page. */
            303: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    describeThePreviewOfALayer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Preview"];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getAVectorTileOfALayer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
                version: number;
                z: number;
                x: number;
                y: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A vector tile. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.mapbox-vector-tile": string;
                };
            };
            /** @description There is nothing in this tile. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description You have it already. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getAPictureOfAPartOfARaster: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
                version: number;
                z: number;
                x: number;
                y: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A picture. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/png": string;
                };
            };
            /** @description There is nothing in this tile. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description You have it already. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getAVectorTileOfTheBasemap: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                z: number;
                x: number;
                y: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A vector tile. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.mapbox-vector-tile": string;
                };
            };
            /** @description There is nothing in this tile. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description You have it already. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getTheFirstRowsOfALayer: {
        parameters: {
            query?: {
                /** @description 20 unless told. */
                limit?: number;
            };
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rows"];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getTheFirstRowsOfATable: {
        parameters: {
            query?: {
                /** @description 20 unless told. */
                limit?: number;
            };
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rows"];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    searchCoordinateSystems: {
        parameters: {
            query?: {
                /** @description A code, or words of the name or of the area, in whole or in part. */
                q?: string;
                /**
                 * @description What they should suit: west,south,east,north in degrees.
                 * @example 166,-47,179,-34
                 */
                bbox?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FoundCrs"][];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    countWhatTheCatalogueCanBeFilteredBy: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Facets"];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeAnUpload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                upload: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listWhatIsBeingPublished: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Publishing"][];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    publishAnUpload: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PublishRequest"];
            };
        };
        responses: {
            /** @description As asked for. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Publishing"];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getWhatIsBeingPublished: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Publishing"];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelPublishing: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Publishing"];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    followPublishing: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A stream of events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    editWhatIsSaidOfALayerOrATable: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DataEdit"];
            };
        };
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EditedData"];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listExports: {
        parameters: {
            query?: {
                /** @description From 1; 1 unless told. */
                page?: number;
                /** @description 20 unless told, at most 100. */
                page_size?: number;
                /** @description With `-` before it: descending. */
                sort?: "id" | "created_at" | "name" | "state" | "-id" | "-created_at" | "-name" | "-state";
                /** @description processing: it is being created. cancelled: it was cancelled before it was complete. error: it could not be created. complete: it is at its download_url. gone: it was complete and has been removed, or has expired. */
                state?: "processing" | "cancelled" | "error" | "complete" | "gone";
                /** @description A day or a moment, ISO 8601. */
                "created_at.after"?: string;
                /** @description A day or a moment, ISO 8601. */
                "created_at.before"?: string;
                /** @description A part of the name, in any case. */
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExportSummary"][];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createAnExport: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, new for each export that you want. */
                "Idempotency-Key"?: string;
                /** @description `wait=N`: answer when the export has ended, or after N seconds (at most 60). */
                Prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ExportRequest"];
            };
        };
        responses: {
            /** @description As asked for. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Export"];
                };
            };
            /** @description As asked for. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Verdict"] | {
                        detail: string;
                    };
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    describeTheRequest: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        name: string;
                        description: string;
                        actions: {
                            POST: unknown;
                        };
                    };
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    validateARequest: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ExportRequest"];
            };
        };
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Verdict"];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getAnExport: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Export"];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelAnExport: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Export"];
                };
            };
            /** @description As asked for. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Refused"];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    discardAnArchive: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Export"];
                };
            };
            /** @description As asked for. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Refused"];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    downloadAnArchive: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The address is in `Location`. */
            302: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    followAnExport: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A stream of events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    downloadALayerByADirectLink: {
        parameters: {
            query?: {
                /**
                 * @description A mimetype, or its short name: `gpkg`, `shp`, `csv`, …
                 * @example gpkg
                 */
                format?: string;
                /** @description `EPSG:n`; the layer’s own unless told. */
                crs?: string;
                /**
                 * @description Crops to west,south,east,north in degrees; across the antimeridian where west is past east.
                 * @example 166,-47,179,-34
                 */
                bbox?: string;
                /** @description Crops to a crop feature, by its URL. */
                cropfeature?: string;
                /** @description `#RRGGBB`, with the `#` written `%23`. */
                color?: string;
                /** @description A tile of a tiled dataset. */
                tile_id?: string;
                /** @description PDF: page size */
                page_size?: string;
                /** @description PDF: page orientation */
                page_orientation?: string;
                /** @description PDF: scale bar */
                include_scale?: string;
                /** @description PDF: scale grid */
                include_scale_grid?: string;
                /** @description PDF: graticules */
                include_lat_lon_grid?: string;
                /** @description PDF: legend */
                include_legend?: string;
                /** @description PDF: raster DPI */
                pdf_raster_dpi?: string;
                /** @description Downsampling multiplier for raster formats */
                raster_resolution_multiplier?: string;
                /** @description Seconds to wait for it; 30 unless told. */
                wait?: number;
            };
            header?: {
                /** @description The `ETag` of what you have. */
                "If-None-Match"?: string;
                /** @description When you fetched what you have. */
                "If-Modified-Since"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Export"];
                };
            };
            /** @description The archive’s address is in `Location`. */
            302: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description You have it already. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description As asked for. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Verdict"] | {
                        detail: string;
                    };
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    downloadALayerByADirectLinkThatEndsInAFileName: {
        parameters: {
            query?: {
                /**
                 * @description A mimetype, or its short name: `gpkg`, `shp`, `csv`, …
                 * @example gpkg
                 */
                format?: string;
                /** @description `EPSG:n`; the layer’s own unless told. */
                crs?: string;
                /**
                 * @description Crops to west,south,east,north in degrees; across the antimeridian where west is past east.
                 * @example 166,-47,179,-34
                 */
                bbox?: string;
                /** @description Crops to a crop feature, by its URL. */
                cropfeature?: string;
                /** @description `#RRGGBB`, with the `#` written `%23`. */
                color?: string;
                /** @description A tile of a tiled dataset. */
                tile_id?: string;
                /** @description PDF: page size */
                page_size?: string;
                /** @description PDF: page orientation */
                page_orientation?: string;
                /** @description PDF: scale bar */
                include_scale?: string;
                /** @description PDF: scale grid */
                include_scale_grid?: string;
                /** @description PDF: graticules */
                include_lat_lon_grid?: string;
                /** @description PDF: legend */
                include_legend?: string;
                /** @description PDF: raster DPI */
                pdf_raster_dpi?: string;
                /** @description Downsampling multiplier for raster formats */
                raster_resolution_multiplier?: string;
                /** @description Seconds to wait for it; 30 unless told. */
                wait?: number;
            };
            header?: {
                /** @description The `ETag` of what you have. */
                "If-None-Match"?: string;
                /** @description When you fetched what you have. */
                "If-Modified-Since"?: string;
            };
            path: {
                id: number;
                filename: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Export"];
                };
            };
            /** @description The archive’s address is in `Location`. */
            302: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description You have it already. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description As asked for. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Verdict"] | {
                        detail: string;
                    };
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    downloadATableByADirectLink: {
        parameters: {
            query?: {
                /**
                 * @description A mimetype, or its short name: `gpkg`, `shp`, `csv`, …
                 * @example gpkg
                 */
                format?: string;
                /** @description `EPSG:n`; the layer’s own unless told. */
                crs?: string;
                /**
                 * @description Crops to west,south,east,north in degrees; across the antimeridian where west is past east.
                 * @example 166,-47,179,-34
                 */
                bbox?: string;
                /** @description Crops to a crop feature, by its URL. */
                cropfeature?: string;
                /** @description `#RRGGBB`, with the `#` written `%23`. */
                color?: string;
                /** @description A tile of a tiled dataset. */
                tile_id?: string;
                /** @description PDF: page size */
                page_size?: string;
                /** @description PDF: page orientation */
                page_orientation?: string;
                /** @description PDF: scale bar */
                include_scale?: string;
                /** @description PDF: scale grid */
                include_scale_grid?: string;
                /** @description PDF: graticules */
                include_lat_lon_grid?: string;
                /** @description PDF: legend */
                include_legend?: string;
                /** @description PDF: raster DPI */
                pdf_raster_dpi?: string;
                /** @description Downsampling multiplier for raster formats */
                raster_resolution_multiplier?: string;
                /** @description Seconds to wait for it; 30 unless told. */
                wait?: number;
            };
            header?: {
                /** @description The `ETag` of what you have. */
                "If-None-Match"?: string;
                /** @description When you fetched what you have. */
                "If-Modified-Since"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Export"];
                };
            };
            /** @description The archive’s address is in `Location`. */
            302: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description You have it already. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description As asked for. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Verdict"] | {
                        detail: string;
                    };
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    downloadATableByADirectLinkThatEndsInAFileName: {
        parameters: {
            query?: {
                /**
                 * @description A mimetype, or its short name: `gpkg`, `shp`, `csv`, …
                 * @example gpkg
                 */
                format?: string;
                /** @description `EPSG:n`; the layer’s own unless told. */
                crs?: string;
                /**
                 * @description Crops to west,south,east,north in degrees; across the antimeridian where west is past east.
                 * @example 166,-47,179,-34
                 */
                bbox?: string;
                /** @description Crops to a crop feature, by its URL. */
                cropfeature?: string;
                /** @description `#RRGGBB`, with the `#` written `%23`. */
                color?: string;
                /** @description A tile of a tiled dataset. */
                tile_id?: string;
                /** @description PDF: page size */
                page_size?: string;
                /** @description PDF: page orientation */
                page_orientation?: string;
                /** @description PDF: scale bar */
                include_scale?: string;
                /** @description PDF: scale grid */
                include_scale_grid?: string;
                /** @description PDF: graticules */
                include_lat_lon_grid?: string;
                /** @description PDF: legend */
                include_legend?: string;
                /** @description PDF: raster DPI */
                pdf_raster_dpi?: string;
                /** @description Downsampling multiplier for raster formats */
                raster_resolution_multiplier?: string;
                /** @description Seconds to wait for it; 30 unless told. */
                wait?: number;
            };
            header?: {
                /** @description The `ETag` of what you have. */
                "If-None-Match"?: string;
                /** @description When you fetched what you have. */
                "If-Modified-Since"?: string;
            };
            path: {
                id: number;
                filename: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Export"];
                };
            };
            /** @description The archive’s address is in `Location`. */
            302: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description You have it already. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description As asked for. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Verdict"] | {
                        detail: string;
                    };
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listCropLayers: {
        parameters: {
            query?: {
                /** @description From 1; 1 unless told. */
                page?: number;
                /** @description 20 unless told, at most 100. */
                page_size?: number;
                /** @description With `-` before it: descending. */
                sort?: "id" | "name" | "-id" | "-name";
                /** @description A part of the name, in any case. */
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CropLayer"][];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getACropLayer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CropLayer"];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listCropFeatures: {
        parameters: {
            query?: {
                /** @description From 1; 1 unless told. */
                page?: number;
                /** @description 20 unless told, at most 100. */
                page_size?: number;
                /** @description With `-` before it: descending. */
                sort?: "id" | "name" | "-id" | "-name";
                /** @description A part of the name, in any case. */
                q?: string;
            };
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CropFeature"][];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getACropFeatureWithItsGeometry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
                feature: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CropFeatureShape"];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    searchTheCatalogue: {
        parameters: {
            query?: {
                /** @description From 1; 1 unless told. */
                page?: number;
                /** @description 20 unless told, at most 100. */
                page_size?: number;
                /** @description With `-` before it: descending. */
                sort?: "id" | "title" | "name" | "kind" | "created_at" | "first_published_at" | "published_at" | "updated_at" | "-id" | "-title" | "-name" | "-kind" | "-created_at" | "-first_published_at" | "-published_at" | "-updated_at";
                id?: number;
                kind?: "vector" | "table" | "raster" | "grid" | "rat";
                /** @description Words of the title, the description or the tags, in any case. */
                q?: string;
                /** @description A day or a moment, ISO 8601. */
                "updated_at.after"?: string;
                /** @example cc-by */
                "license.type"?: string;
                /**
                 * @description Layers that meet west,south,east,north in degrees; across the antimeridian where west is past east.
                 * @example 166,-47,179,-34
                 */
                bbox?: string;
                /** @example multipolygon */
                "data.geometry_type"?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Data"][];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listLayers: {
        parameters: {
            query?: {
                /** @description From 1; 1 unless told. */
                page?: number;
                /** @description 20 unless told, at most 100. */
                page_size?: number;
                /** @description With `-` before it: descending. */
                sort?: "id" | "title" | "name" | "kind" | "created_at" | "first_published_at" | "published_at" | "updated_at" | "-id" | "-title" | "-name" | "-kind" | "-created_at" | "-first_published_at" | "-published_at" | "-updated_at";
                id?: number;
                kind?: "vector" | "table" | "raster" | "grid" | "rat";
                /** @description Words of the title, the description or the tags, in any case. */
                q?: string;
                /** @description A day or a moment, ISO 8601. */
                "updated_at.after"?: string;
                /** @example cc-by */
                "license.type"?: string;
                /**
                 * @description Layers that meet west,south,east,north in degrees; across the antimeridian where west is past east.
                 * @example 166,-47,179,-34
                 */
                bbox?: string;
                /** @example multipolygon */
                "data.geometry_type"?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Data"][];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getALayer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DataDetail"];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listTheVersionsOfALayer: {
        parameters: {
            query?: {
                /** @description From 1; 1 unless told. */
                page?: number;
                /** @description 20 unless told, at most 100. */
                page_size?: number;
                /** @description With `-` before it: descending. */
                sort?: "id" | "published_at" | "-id" | "-published_at";
            };
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Version"][];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getAVersionOfALayer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DataDetail"];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listTables: {
        parameters: {
            query?: {
                /** @description From 1; 1 unless told. */
                page?: number;
                /** @description 20 unless told, at most 100. */
                page_size?: number;
                /** @description With `-` before it: descending. */
                sort?: "id" | "title" | "name" | "kind" | "created_at" | "first_published_at" | "published_at" | "updated_at" | "-id" | "-title" | "-name" | "-kind" | "-created_at" | "-first_published_at" | "-published_at" | "-updated_at";
                id?: number;
                kind?: "vector" | "table" | "raster" | "grid" | "rat";
                /** @description Words of the title, the description or the tags, in any case. */
                q?: string;
                /** @description A day or a moment, ISO 8601. */
                "updated_at.after"?: string;
                /** @example cc-by */
                "license.type"?: string;
                /**
                 * @description Layers that meet west,south,east,north in degrees; across the antimeridian where west is past east.
                 * @example 166,-47,179,-34
                 */
                bbox?: string;
                /** @example multipolygon */
                "data.geometry_type"?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Data"][];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getATable: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DataDetail"];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listTheVersionsOfATable: {
        parameters: {
            query?: {
                /** @description From 1; 1 unless told. */
                page?: number;
                /** @description 20 unless told, at most 100. */
                page_size?: number;
                /** @description With `-` before it: descending. */
                sort?: "id" | "published_at" | "-id" | "-published_at";
            };
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Version"][];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getAVersionOfATable: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DataDetail"];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listTheTilesOfALayer: {
        parameters: {
            query?: {
                /** @description From 1; 1 unless told. */
                page?: number;
                /** @description 20 unless told, at most 100. */
                page_size?: number;
                /** @description With `-` before it: descending. */
                sort?: "id" | "name" | "-id" | "-name";
                /**
                 * @description Tiles that meet west,south,east,north in degrees; across the antimeridian where west is past east.
                 * @example 166,-47,179,-34
                 */
                bbox?: string;
                /** @description A part of the id or the name, in any case. */
                q?: string;
            };
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tile"][];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listTheTilesOfAVersionOfALayer: {
        parameters: {
            query?: {
                /** @description From 1; 1 unless told. */
                page?: number;
                /** @description 20 unless told, at most 100. */
                page_size?: number;
                /** @description With `-` before it: descending. */
                sort?: "id" | "name" | "-id" | "-name";
                /**
                 * @description Tiles that meet west,south,east,north in degrees; across the antimeridian where west is past east.
                 * @example 166,-47,179,-34
                 */
                bbox?: string;
                /** @description A part of the id or the name, in any case. */
                q?: string;
            };
            header?: never;
            path: {
                id: number;
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tile"][];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getALicence: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LicenseText"];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getThisDescription: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        openapi: string;
                    };
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    uploadAFile: {
        parameters: {
            query: {
                /** @description With its ending, which says what it is. */
                filename: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked for. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Upload"];
                };
            };
            /** @description What went wrong, and what to do. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
