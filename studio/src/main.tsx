/** The studio's entry: puts the application into the page. */
import { render } from 'preact';
import './main.css';

render(<main>Sagan studio</main>, document.body);
