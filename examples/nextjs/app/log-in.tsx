import { logIn } from './actions';

export function LogIn() {
  return (
    <main className="blank">
      <h1>Who are you?</h1>
      <form action={logIn} className="buttons">
        <button type="submit" name="user" value="ann">
          Ann
        </button>
        <button type="submit" name="user" value="ben">
          Ben
        </button>
      </form>
    </main>
  );
}
