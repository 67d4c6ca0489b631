namespace Sam2.Torch.Data.Drawn;

/// <summary>How the camera moves: all in pixels, radians and frames.</summary>
internal sealed record SceneCamera
{
    /// <summary>Column of the scene that is seen in the middle, against the scene's middle.</summary>
    public Oscillation PanX { get; init; }

    /// <summary>Row of the scene that is seen in the middle, against the scene's middle.</summary>
    public Oscillation PanY { get; init; }

    /// <summary>A hand's tremor, added to the pan.</summary>
    public Oscillation ShakeX { get; init; }

    /// <summary>A hand's tremor, added to the pan.</summary>
    public Oscillation ShakeY { get; init; }

    /// <summary>Turn of the camera in radians.</summary>
    public Oscillation Roll { get; init; }

    /// <summary>Magnification.</summary>
    public Oscillation Zoom { get; init; } = new(1, 0, 0, 0);

    /// <summary>From the scene to the picture at a time.</summary>
    /// <param name="time">Time in frames.</param>
    /// <param name="width">Width of the picture.</param>
    /// <param name="height">Height of the picture.</param>
    /// <param name="nearness">1 for what moves with the objects, less for what is further away.</param>
    public Affine2 ToPicture(double time, int width, int height, double nearness)
    {
        double x = (width - 1) / 2.0, y = (height - 1) / 2.0, zoom = Zoom.At(time);
        double panX = nearness * (PanX.At(time) + ShakeX.At(time)), panY = nearness * (PanY.At(time) + ShakeY.At(time));
        return Affine2.Translation(x, y) * Affine2.Rotation(Roll.At(time)) * Affine2.Scaling(zoom, zoom) * Affine2.Translation(-x - panX, -y - panY);
    }
}
