import { render } from 'preact';
import './style/base.css';
import './style/layout.css';
import './style/controls.css';
import './style/catalogue.css';
import './style/item.css';
import './style/export.css';
import './style/exports.css';
import './style/publish.css';
import { followAddresses } from './address.ts';
import { App } from './app.tsx';
import { startSession } from './session/session.ts';

const page = document.getElementById('page');
if (!page) throw new Error('The page has no place to be shown in.');
followAddresses();
render(<App />, page);
startSession();
