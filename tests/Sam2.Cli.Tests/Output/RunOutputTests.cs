using NUnit.Framework;
using Sam2.Cli.Output;
using TestSupport;

namespace Sam2.Cli.Tests.Output;

public class RunOutputTests : FolderTests
{
    private string Out => Folder.At("deep", "out");

    [Test]
    public void Results_are_seen_only_once_they_are_complete()
    {
        using (var run = RunOutput.Begin(Out, "test"))
        {
            Write(run, "a/1.txt", "one");
            Assert.That(Folder.Results("deep", "out"), Is.Empty);
            run.Complete();
        }

        Assert.That(File.ReadAllText(Path.Combine(Out, "a", "1.txt")), Is.EqualTo("one"));
        Assert.That(Directory.GetFileSystemEntries(Out, ".*").Select(Path.GetFileName), Is.EqualTo(new[] { RunManifest.FileName }));
    }

    [Test]
    public void A_run_that_ends_without_results_leaves_no_folder()
    {
        using (var run = RunOutput.Begin(Out, "test")) Write(run, "a/1.txt", "one");
        Assert.That(Folder.Files, Is.Empty);
    }

    [Test]
    public void A_run_replaces_the_files_of_the_one_before_and_no_others()
    {
        Finish("a/1.txt", "a/b/2.txt", "3.txt");
        File.WriteAllText(Path.Combine(Out, "a", "own.txt"), "own");
        Finish("3.txt", "b/4.txt");
        Assert.That(AllFiles(), Is.EqualTo(new[] { "3.txt", "a/own.txt", "b/4.txt" }));
    }

    [Test]
    public void A_file_may_take_the_place_of_an_earlier_runs_folder_and_the_other_way_round()
    {
        Finish("a/1.txt");
        Finish("a");
        Assert.That(AllFiles(), Is.EqualTo(new[] { "a" }));
        Finish("a/1.txt");
        Assert.That(AllFiles(), Is.EqualTo(new[] { "a/1.txt" }));
    }

    [Test]
    public void What_no_run_wrote_is_neither_replaced_nor_mixed_with_results()
    {
        Directory.CreateDirectory(Path.Combine(Out, "masks"));
        using (var run = RunOutput.Begin(Out, "test", "masks/"))
        {
            File.WriteAllText(Path.Combine(Out, "late.txt"), "own");
            Write(run, "late.txt", "result");
            Assert.That(run.Complete, Throws.TypeOf<CliException>().With.Message.Contains("late.txt is in the way"));
        }

        Assert.That(File.ReadAllText(Path.Combine(Out, "late.txt")), Is.EqualTo("own"));
        File.WriteAllText(Path.Combine(Out, "masks", "own.png"), "own");
        Assert.That(() => RunOutput.Begin(Out, "test", "masks/"), Throws.TypeOf<CliException>().With.Message.Contains("masks is in the way"));
        Assert.That(() => RunOutput.Begin(Out, "test", "late.txt/1.png"), Throws.TypeOf<CliException>().With.Message.Contains("late.txt is in the way"));
    }

    [Test]
    public void A_file_that_the_user_named_is_replaced_whoever_wrote_it()
    {
        Directory.CreateDirectory(Out);
        File.WriteAllText(Path.Combine(Out, "report.json"), "old");
        using (var run = RunOutput.Begin(Out, "test"))
        {
            File.WriteAllText(run.PathFor(Path.Combine(Out, "report.json")), "new");
            Assert.That(run.PathFor(Folder.At("other.json")), Is.EqualTo(Folder.At("other.json")));
            run.Complete();
        }

        Assert.That(File.ReadAllText(Path.Combine(Out, "report.json")), Is.EqualTo("new"));
    }

    [Test]
    public void Two_runs_cannot_write_to_one_folder()
    {
        using var first = RunOutput.Begin(Out, "test");
        Assert.That(() => RunOutput.Begin(Out, "test"), Throws.TypeOf<CliException>().With.Message.Contains("another run is writing"));
    }

    [Test]
    public void A_run_that_was_killed_is_cleared_away_or_continued()
    {
        Finish("1.txt");
        Kill(RunOutput.Begin(Out, "test"), "2.txt");
        Kill(RunOutput.Continue(Out, "test", new { Points = 1 }, restart: false, []), "3.txt");
        using (var run = RunOutput.Continue(Out, "test", new { Points = 1 }, restart: false, []))
        {
            Assert.That(File.Exists(Path.Combine(run.Staging, "3.txt")), "continued");
            Assert.That(AllFiles(), Is.EqualTo(new[] { "1.txt" }), "the results before");
            run.Complete();
        }

        Assert.That(AllFiles(), Is.EqualTo(new[] { "3.txt" }));
        Kill(RunOutput.Continue(Out, "test", new { Points = 1 }, restart: false, []), "4.txt");
        using var other = RunOutput.Continue(Out, "test", new { Points = 2 }, restart: false, []);
        Assert.That(Directory.GetFiles(other.Staging), Is.Empty);
        Assert.That(other.Continued, Is.Null);
    }

    [Test]
    public void A_finished_run_of_the_same_settings_is_added_to()
    {
        using (var run = RunOutput.Continue(Out, "test", "same", restart: false, []))
        {
            Write(run, "1.txt", "1");
            run.Complete();
        }

        using (var run = RunOutput.Continue(Out, "test", "same", restart: false, ["1.txt"]))
        {
            Assert.That(run.Continued?.Owns("1.txt"), Is.True);
            Write(run, "2.txt", "2");
            run.Complete();
        }

        Assert.That(AllFiles(), Is.EqualTo(new[] { "1.txt", "2.txt" }));
        using var again = RunOutput.Continue(Out, "test", "same", restart: true, []);
        Write(again, "3.txt", "3");
        again.Complete();
        Assert.That(AllFiles(), Is.EqualTo(new[] { "3.txt" }));
    }

    [Test]
    public void Results_that_were_cut_off_on_their_way_to_their_places_arrive_with_the_next_run()
    {
        Finish("1.txt", "old.txt");
        using (var run = RunOutput.Begin(Out, "test"))
        {
            Write(run, "1.txt", "second");
            Write(run, "2.txt", "second");
            new RunManifest("test", null, ["1.txt", "2.txt"]).Write(run.Staging);
            Directory.Move(run.Staging, Path.Combine(Out, ".sam2-done"));
            File.Move(Path.Combine(Out, ".sam2-done", "1.txt"), Path.Combine(Out, "1.txt"), overwrite: true);
        }

        using var next = RunOutput.Begin(Out, "test");
        Assert.That(AllFiles(), Is.EqualTo(new[] { "1.txt", "2.txt" }));
        Assert.That(File.ReadAllText(Path.Combine(Out, "1.txt")), Is.EqualTo("second"));
    }

    [TestCase("[]")]
    [TestCase("""{"command": "test", "files": ["../../notes.txt"]}""")]
    [TestCase("""{"command": "test", "files": ["/etc/passwd"]}""")]
    [TestCase("""{"command": "test", "files": [""]}""")]
    public void A_list_of_results_that_cannot_be_right_deletes_nothing(string manifest)
    {
        Directory.CreateDirectory(Out);
        File.WriteAllText(Folder.At("notes.txt"), "own");
        File.WriteAllText(Path.Combine(Out, RunManifest.FileName), manifest);
        Assert.That(() => RunOutput.Begin(Out, "test"), Throws.TypeOf<CliException>().With.Message.Contains("is damaged"));
        Assert.That(File.Exists(Folder.At("notes.txt")));
    }

    [Test]
    public void Evaluations_and_training_runs_keep_their_folders()
    {
        Directory.CreateDirectory(Path.Combine(Out, "videos"));
        File.WriteAllText(Path.Combine(Out, "run.json"), "{}");
        Assert.That(() => RunOutput.Begin(Out, "test"), Throws.TypeOf<CliException>().With.Message.Contains("holds an evaluation"));
    }

    [TestCase("segment", "pictures/truck.jpg", "out/segment-truck")]
    [TestCase("segment", "sam2.1_hiera_tiny", "out/segment-sam2.1_hiera_tiny")]
    [TestCase("track", "my holiday/", "out/track-my-holiday")]
    [TestCase("track", "/", "out/track")]
    [TestCase("track", "procedural:count=1,seed=2", "out/track-procedural-count-1-seed-2")]
    public void The_default_folder_names_what_was_done(string command, string input, string folder) =>
        Assert.That(OutputFolder.DefaultFor(command, input).Replace('\\', '/'), Is.EqualTo(folder));

    private void Finish(params string[] files)
    {
        using var run = RunOutput.Begin(Out, "test");
        foreach (var file in files) Write(run, file, "result");
        run.Complete();
    }

    /// <summary>What is left of a run that ends without a chance to clean up.</summary>
    private static void Kill(RunOutput run, string file)
    {
        Write(run, file, "part");
        var aside = run.Staging + "x";
        Directory.Move(run.Staging, aside);
        run.Dispose();
        Directory.Move(aside, run.Staging);
    }

    private static void Write(RunOutput run, string file, string text)
    {
        OutputFolder.CreateFor(Path.Combine(run.Staging, file));
        File.WriteAllText(Path.Combine(run.Staging, file), text);
    }

    private string[] AllFiles() => [.. Directory.GetFiles(Out, "*", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(Out, file).Replace('\\', '/')).Where(file => file[0] != '.').Order(StringComparer.Ordinal)];
}
