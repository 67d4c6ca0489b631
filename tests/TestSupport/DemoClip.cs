using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Media;

namespace TestSupport;

/// <summary>The demo's scene as a video: a folder of pictures.</summary>
public static class DemoClip
{
    /// <summary>Draws the first frames into a new folder, as <c>00000.png</c>, <c>00001.png</c> …</summary>
    /// <returns>The scene, which knows the true masks.</returns>
    public static DemoScene Write(string folder, int width, int height, int frames)
    {
        var scene = DemoScene.Create(width, height);
        Directory.CreateDirectory(folder);
        for (var i = 0; i < frames; i++) ImageFile.Write(Path.Combine(folder, $"{i:00000}.png"), scene.Render(i).Image);
        return scene;
    }
}
