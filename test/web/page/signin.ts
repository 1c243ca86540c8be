import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestSite } from '../../fixtures/site.ts';
import { openPage, openSignedIn } from '../browser.ts';

export function signIn(site: TestSite): void {
  test('a token signs the browser in, and a wrong one is told of beside the field', async () => {
    const { page, context, expect, close } = await openPage(site, '/layers/1/');
    expect(/401/);
    await page.getByLabel('Token').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('This token is not known here').waitFor();
    assert.equal(await page.getByLabel('Token').getAttribute('aria-invalid'), 'true');
    await page.getByLabel('Token').fill(site.token);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Parcels', level: 1 }).waitFor();
    const [cookie] = await context.cookies();
    assert.equal(cookie?.httpOnly, true);
    assert.equal(cookie?.sameSite, 'Lax');
    // What a script could read of it: nothing.
    assert.equal(
      await page
        .evaluate(() => document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage))
        .then((text) => text.includes(site.token)),
      false,
    );
    await close();
  });

  test('signing out ends the session everywhere in this browser', async () => {
    const { page, close } = await openSignedIn(site, '/');
    await page.locator('summary[aria-label="Account: test"]').click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.goto('/exports/');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await close();
  });

  test('the publisher’s corner is there for the scope admin alone', async () => {
    const { page, close } = await openSignedIn(site, '/');
    assert.equal(await page.getByRole('link', { name: 'Publish' }).count(), 0);
    await close();
  });
}
