namespace Sam2.Torch.Data.Drawn;

/// <summary>A scene: a backdrop and objects over it, seen by a camera. Lengths in pixels, time in frames.</summary>
internal sealed record Scene
{
    /// <summary>Width of the picture.</summary>
    public required int Width { get; init; }

    /// <summary>Height of the picture.</summary>
    public required int Height { get; init; }

    /// <summary>What is behind all objects, larger than the picture.</summary>
    public required PaintBuffer Backdrop { get; init; }

    /// <summary>How strongly the camera's movement shifts the backdrop, at most 1.</summary>
    public double BackdropNearness { get; init; } = 1;

    /// <summary>Objects, those in front last.</summary>
    public required IReadOnlyList<SceneObject> Objects { get; init; }

    /// <summary>The camera.</summary>
    public SceneCamera Camera { get; init; } = new();

    /// <summary>The light.</summary>
    public SceneLighting Lighting { get; init; } = new();

    /// <summary>Chooses the grain.</summary>
    public ulong GrainSeed { get; init; }
}
