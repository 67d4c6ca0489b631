using System.Runtime.Versioning;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Cli.Tests.Tools;

/// <summary>
/// What the commands of the documents name: pictures, videos, labels, data sets in their layouts, and the small checkpoint under the
/// names of the published ones. Everything is drawn.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class CommandScratch : IDisposable
{
    private const int Frames = 6;
    private readonly TemporaryFolder _folder = new();

    public CommandScratch()
    {
        // As large as the original's, since prompts are in pixels.
        ImageFile.Write(Input("truck.jpg"), DemoScene.Create(1800, 1200).Render(0).Image);
        var scene = DemoScene.Create(960, 540);
        using (var video = new VideoWriter(Input("bedroom.mp4"), 960, 540, new FrameRate(24, 1)))
        {
            for (var i = 0; i < Frames; i++) video.Write(scene.Render(i).Image);
            video.Complete();
        }

        foreach (var name in new[] { "a", "b" })
        {
            ImageFile.Write(Input("photos", name + ".jpg"), DemoScene.Create(420, 300).Render(0).Image);
            Write("0 0.24 0.42 0.22 0.3\n1 0.81 0.67 0.2 0.28\n", "labels", name + ".txt");
        }

        Write("ball\nshape\n", "labels", "classes.txt");
        CreateDataSets();
        foreach (var model in ModelCatalog.Models) Link(RepositoryFiles.Weights("sam2.1_hiera_micro.pt"), _folder.At("published", model.File));
        SamModels.Save(Input("sam_vit_b_01ec64.pth"), SamModels.Plain);
        SamModels.Save(Input("mobile_sam.pt"), SamModels.Plain);
        Link(RepositoryFiles.At("tests", "Sam2.Torch.Data.Tests", "Annotation", "Boxes", "segmenter.pt"), Input("FastSAM-s.torchscript"));
        Link(RepositoryFiles.At("weights"), Input("weights"));
        foreach (var recipe in Directory.GetFiles(RepositoryFiles.At("recipes"))) Link(recipe, Input("recipes", Path.GetFileName(recipe)));
        // The launcher and the scripts find the repository by where they lie.
        foreach (var tool in new[] { "sam2", "demo.sh" })
        {
            Write($"#!/usr/bin/env bash\nexec bash '{RepositoryFiles.At("tools", tool)}' \"$@\"\n", "tools", tool);
            File.SetUnixFileMode(Input("tools", tool), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>The folder in which published checkpoints are found.</summary>
    public string Published => _folder.At("published");

    /// <summary>A folder with all that commands read, in which they may write.</summary>
    public string Create()
    {
        var folder = _folder.At(Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(folder);
        foreach (var entry in Directory.GetFileSystemEntries(_folder.At("inputs"))) File.CreateSymbolicLink(Path.Combine(folder, Path.GetFileName(entry)), entry);
        return folder;
    }

    public void Dispose() => _folder.Dispose();

    private void CreateDataSets()
    {
        var all = Enumerable.Range(0, Frames).ToArray();
        foreach (var davis in new[] { Input("DAVIS"), Input("data", "DAVIS") })
        {
            DrawnVideoFiles.WriteFrames(Path.Combine(davis, "JPEGImages", "480p", "bear"), Frames);
            DrawnVideoFiles.WriteMasks(Path.Combine(davis, "Annotations", "480p", "bear"), all);
            Directory.CreateDirectory(Path.Combine(davis, "ImageSets", "2017"));
            File.WriteAllText(Path.Combine(davis, "ImageSets", "2017", "val.txt"), "bear\n");
        }

        DrawnVideoFiles.WriteMasks(Input("davis-predictions", "bear"), all);
        foreach (var sav in new[] { "sav_val", "sav_test" })
        {
            DrawnVideoFiles.WriteFrames(Input("data", sav, "JPEGImages_24fps", "sav_000001"), 9);
            DrawnVideoFiles.WriteObjectMasks(Input("data", sav, "Annotations_6fps", "sav_000001"), [0, 4, 8], ["000", "001"]);
            Write("sav_000001\n", "data", sav, sav + ".txt");
        }

        DrawnVideoFiles.WriteObjectMasks(Input("sav-predictions", "sav_000001"), Enumerable.Range(0, 9), ["000", "001"]);
        // Of these two, only the first frames' masks are public.
        DrawnVideoFiles.WriteFrames(Input("data", "mose", "valid", "JPEGImages", "bear"), Frames);
        DrawnVideoFiles.WriteMasks(Input("data", "mose", "valid", "Annotations", "bear"), [0]);
        DrawnVideoFiles.WriteFrames(Input("data", "mose", "train", "JPEGImages", "bear"), Frames);
        DrawnVideoFiles.WriteMasks(Input("data", "mose", "train", "Annotations", "bear"), all);
        DrawnVideoFiles.WriteFrames(Input("data", "lvos_v2", "valid", "JPEGImages", "long"), Frames, "00000000");
        DrawnVideoFiles.WriteMasks(Input("data", "lvos_v2", "valid", "Annotations", "long"), [0], "00000000");
        Write("""{"videos": {"long": {"objects": {"1": {"frame_range": {"start": "00000000", "end": "00000005"}}}}}}""", "data", "lvos_v2", "valid", "valid_meta.json");
    }

    private string Input(params string[] parts) => In(["inputs", .. parts]);

    private string In(string[] parts)
    {
        var path = _folder.At(parts);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }

    private void Write(string text, params string[] parts) => File.WriteAllText(Input(parts), text);

    private static void Link(string target, string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.CreateSymbolicLink(path, target);
    }
}
