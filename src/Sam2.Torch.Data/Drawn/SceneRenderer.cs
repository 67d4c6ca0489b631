using System.Numerics;
using Sam2.Torch.Data.DemoScene;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data.Drawn;

/// <summary>Draws a scene at a time, with the id that is seen at each pixel. One thread: data sets draw many clips at once.</summary>
internal static class SceneRenderer
{
    /// <summary>Draws one frame.</summary>
    public static DrawnFrame Render(Scene scene, int frame)
    {
        var picture = new PaintBuffer(scene.Width, scene.Height);
        var behind = scene.Camera.ToPicture(frame, scene.Width, scene.Height, scene.BackdropNearness);
        var middle = Affine2.Translation((scene.Backdrop.Width - scene.Width) / 2.0, (scene.Backdrop.Height - scene.Height) / 2.0);
        picture.Fill(scene.Backdrop, middle * behind.Inverse());
        var toPicture = scene.Camera.ToPicture(frame, scene.Width, scene.Height, nearness: 1);
        foreach (var item in scene.Objects)
        {
            DrawObject(picture, scene.Lighting, item, toPicture * item.ToScene(frame), frame);
        }

        if (scene.Lighting.Blur > 0)
        {
            picture.Blur((float)scene.Lighting.Blur);
        }

        return new DrawnFrame(Expose(picture, scene, frame), picture.Ids);
    }

    private static void DrawObject(PaintBuffer picture, SceneLighting light, SceneObject item, Affine2 toPicture, int frame)
    {
        if (light.Shadow > 0)
        {
            var shadow = Affine2.Translation(light.ShadowOffset.X, light.ShadowOffset.Y);
            foreach (var part in item.Parts)
            {
                picture.Shade(part.Sprite, shadow * toPicture * part.ToBody(frame), (float)light.Shadow, Sprite.Margin);
            }
        }

        var wobble = item.WobbleAt(frame);
        foreach (var part in item.Parts)
        {
            picture.Draw(part.Sprite, toPicture * part.ToBody(frame), item.Id, wobble);
        }
    }

    /// <summary>Light, vignette and grain; then bytes.</summary>
    private static RgbImage Expose(PaintBuffer picture, Scene scene, int frame)
    {
        var light = scene.Lighting;
        var gain = light.GainAt(frame) * 255;
        float slopeX = (float)light.SlopeX.At(frame), slopeY = (float)light.SlopeY.At(frame), vignette = (float)light.Vignette;
        float grain = (float)(light.Grain * 255 / 1024);
        var random = new DrawnRandom(scene.GrainSeed + ((ulong)frame * 0xD1342543DE82EF95));
        var image = new RgbImage(picture.Width, picture.Height);
        var bytes = image.Pixels;
        for (int y = 0, i = 0; y < picture.Height; y++)
        {
            float v = (2f * y / picture.Height) - 1;
            for (int x = 0; x < picture.Width; x++, i++)
            {
                float u = (2f * x / picture.Width) - 1;
                var colour = picture.Colours[i] * gain * (1 + (slopeX * u) + (slopeY * v) - (vignette * ((u * u) + (v * v))));

                // Per channel the sum of two uniform numbers of ten bits each: close enough to a camera's noise.
                ulong bits = random.NextBits();
                bytes[3 * i] = ToByte(colour.X + (grain * Triangular(bits)));
                bytes[(3 * i) + 1] = ToByte(colour.Y + (grain * Triangular(bits >> 20)));
                bytes[(3 * i) + 2] = ToByte(colour.Z + (grain * Triangular(bits >> 40)));
            }
        }

        return image;
    }

    private static int Triangular(ulong bits) => (int)(bits & 1023) + (int)((bits >> 10) & 1023) - 1023;

    private static byte ToByte(float value) => (byte)Math.Clamp((int)(value + 0.5f), 0, 255);
}
